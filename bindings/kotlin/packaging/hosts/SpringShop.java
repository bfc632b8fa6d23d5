import fh.client.Client;
import fh.client.Detail;
import fh.client.FeatureHub;
import fh.client.FetchMode;
import fh.client.WhileSwitching;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/** Prints the value of COLOUR for Mara: `SpringShop EDGE KEY`. The client is a bean. */
@SpringBootApplication
public class SpringShop {
    public static void main(String[] arguments) {
        SpringApplication.run(SpringShop.class, arguments).close();
    }

    @Bean
    Client client(org.springframework.boot.ApplicationArguments arguments) {
        List<String> edge = arguments.getNonOptionArgs();
        return FeatureHub.client(edge.get(0), List.of(edge.get(1)), settings -> {
            settings.setMode(FetchMode.STREAMING);
            settings.setWhileSwitching(WhileSwitching.KEEP);
        });
    }

    @Bean
    CommandLineRunner shop(Client client) {
        return arguments -> {
            client.readyAsync().get();
            client.waitReady(Duration.ofSeconds(10));
            Detail detail = client.context(Map.of("userkey", "mara")).detail("COLOUR");
            System.out.println("COLOUR is " + detail.getValue() + ", " + client.state("COLOUR").getValue().getReason() + ", "
                + client.getStatus().getValue().getReadiness());
        };
    }
}
