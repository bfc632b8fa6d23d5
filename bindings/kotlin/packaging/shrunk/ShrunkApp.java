import android.app.Application;
import fh.client.AppLifecycle;
import fh.client.Client;
import fh.client.FeatureHub;
import fh.client.android.FeatureHubAndroid;
import java.time.Duration;
import java.util.Map;

/** An app whose client follows its lifecycle. As a program, it prints the readiness of a client before and after a return, and a colour. */
class ShrunkApp extends Application {
    @Override
    public void onCreate() {
        FeatureHubAndroid.followLifecycle(FeatureHub.client("https://edge.example", "ENVIRONMENT/KEY"), this);
    }

    public static void main(String[] arguments) throws Exception {
        try (Client client = FeatureHub.client(arguments[0], arguments[1])) {
            client.waitReady(Duration.ofSeconds(30));
            // The second after which the app is suspended passes at once.
            long[] now = {0};
            AppLifecycle lifecycle = new AppLifecycle(client, () -> now[0], (millis, task) -> {
                now[0] += millis;
                task.run();
            });
            lifecycle.stopped(1, false);
            lifecycle.started(1);
            client.refreshAsync().get();
            System.out.println(client.getReadiness() + " " + client.context(Map.of("userkey", "mara")).getString("COLOUR", "red"));
        }
    }
}
