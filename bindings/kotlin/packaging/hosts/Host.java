package host;

import fh.client.Client;
import fh.client.Context;
import fh.client.FeatureHub;
import fh.client.FetchMode;
import fh.client.WhileSwitching;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A program that reads the value of COLOUR for Mara, sees a change of it, and closes its client: {@code Host EDGE KEY}. */
public final class Host {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    public static void main(String[] arguments) throws Exception {
        Client client = start(List.of(arguments));
        try {
            client.readyAsync().get();
        } catch (ExecutionException failed) {
            System.out.println("not ready: " + failed.getCause().getMessage());
            client.close();
            return;
        }
        use(client);
        client.close();
        end(client);
    }

    static Client start(List<String> edge) {
        return FeatureHub.client(edge.get(0), List.of(edge.get(1)), settings -> {
            settings.setMode(FetchMode.STREAMING);
            settings.setWhileSwitching(WhileSwitching.KEEP);
        });
    }

    static void use(Client client) throws Exception {
        client.waitReady(PATIENCE);
        Context mara = client.context(Map.of("userkey", "mara"));
        BlockingQueue<Object> changes = new LinkedBlockingQueue<>();
        mara.onChange("COLOUR", change -> changes.add(String.valueOf(change.getNew())));
        System.out.println("COLOUR is " + mara.detail("COLOUR").getValue() + ", " + client.state("COLOUR").getValue().getReason() + ", "
            + client.getStatus().getValue().getReadiness());
        System.out.println("COLOUR has become " + changes.poll(PATIENCE.getSeconds(), TimeUnit.SECONDS));
    }

    static void end(Client client) throws Exception {
        client.closedAsync().get(PATIENCE.getSeconds(), TimeUnit.SECONDS);
        String last = client.context(Map.of("userkey", "mara")).getString("COLOUR", "red");
        System.out.println("closed, COLOUR stays " + last);
    }
}
