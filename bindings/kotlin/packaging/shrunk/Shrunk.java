import fh.client.FeatureHub;
import java.time.Duration;
import java.util.Map;

/** Prints the readiness of a client and the colour of Mara. A listener, a transport and an enumeration are in use. */
class Shrunk {
    public static void main(String[] arguments) throws Exception {
        try (var client = FeatureHub.client(arguments[0], arguments[1])) {
            client.waitReady(Duration.ofSeconds(30));
            client.readyAsync().get();
            System.out.println(client.getReadiness() + " " + client.context(Map.of("userkey", "mara")).getString("COLOUR", "red"));
        }
    }
}
