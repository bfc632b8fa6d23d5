package host;

import fh.client.Client;
import fh.client.Context;
import fh.client.FeatureHub;
import fh.client.FetchMode;
import fh.client.WhileSwitching;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A program that reads the value of COLOUR for Mara, sees a change of it, closes its client, and counts the threads that are left: {@code Host EDGE KEY}. */
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
        System.out.println("closed, COLOUR stays " + last + ", threads of the client: " + threads());
    }

    /** Returns the threads of this client that are left, also those of native code. */
    static int threads() throws Exception {
        int left = 0;
        for (int look = 0; look < 100; look++) {
            left = 0;
            try (var tasks = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
                for (Path task : tasks) {
                    if (name(task).startsWith("fh-")) left++;
                }
            }
            if (left == 0) return 0;
            Thread.sleep(100);
        }
        return left;
    }

    private static String name(Path task) {
        try {
            return Files.readString(task.resolve("comm"));
        } catch (IOException ended) {
            return "";
        }
    }
}
