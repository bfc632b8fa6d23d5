package host;

import fh.client.Client;
import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/** As {@link Host}, with the client as a bean, which the end of the application closes. */
@SpringBootApplication
public class SpringHost {
    public static void main(String[] arguments) throws Exception {
        var application = SpringApplication.run(SpringHost.class, arguments);
        var client = application.getBean(Client.class);
        application.close();
        Host.end(client);
    }

    @Bean
    Client client(ApplicationArguments arguments) {
        return Host.start(arguments.getNonOptionArgs());
    }

    @Bean
    CommandLineRunner shop(Client client) {
        return arguments -> Host.use(client);
    }
}
