package host;

import fh.client.Client;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.File;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.apache.catalina.Context;
import org.apache.catalina.Lifecycle;
import org.apache.catalina.startup.Tomcat;

/** As {@link Host}, in a web application with a class loader of its own, which Tomcat reloads three times and then removes. Prints what Tomcat warns of. */
public final class TomcatHost {
    private static final int RELOADS = 3;

    public static void main(String[] arguments) throws Exception {
        List<String> warnings = new ArrayList<>();
        listenForWarnings(warnings);
        Path folder = Files.createTempDirectory("fh-tomcat");
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(folder.toString());
        tomcat.setPort(0);
        tomcat.getConnector();
        // Tomcat's own background thread would be one of those of which it warns.
        tomcat.getEngine().setBackgroundProcessorDelay(-1);
        Context application = tomcat.addContext("", application(folder).toString());
        application.addParameter("edge", arguments[0]);
        application.addParameter("key", arguments[1]);
        application.addLifecycleListener(event -> {
            if (event.getType().equals(Lifecycle.CONFIGURE_START_EVENT)) {
                Tomcat.addServlet(application, "shop", Shop.class.getName());
                application.addServletMappingDecoded("/*", "shop");
            }
        });
        tomcat.start();
        String url = "http://127.0.0.1:" + tomcat.getConnector().getLocalPort();
        List<WeakReference<ClassLoader>> loaders = new ArrayList<>();
        for (int version = 0; version <= RELOADS; version++) {
            if (version > 0) application.reload();
            loaders.add(new WeakReference<>(application.getLoader().getClassLoader()));
            get(url + (version < RELOADS ? "/read" : "/use"));
        }
        tomcat.getHost().removeChild(application);
        end(loaders, warnings);
        tomcat.stop();
        tomcat.destroy();
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted((a, b) -> b.compareTo(a)).map(Path::toFile).forEach(File::delete);
        }
    }

    /** Writes the application with its own classes and libraries, and returns its folder. */
    private static Path application(Path folder) throws IOException {
        Path inside = folder.resolve("shop/WEB-INF");
        Path classes = Files.createDirectories(inside.resolve("classes/host"));
        Path libraries = Files.createDirectories(inside.resolve("lib"));
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path path = Path.of(entry);
            boolean isOurs = Files.isDirectory(path);
            try (Stream<Path> files = Files.list(isOurs ? path.resolve("host") : path.getParent())) {
                for (Path file : (Iterable<Path>) files::iterator) {
                    String name = file.getFileName().toString();
                    Path copy = (isOurs ? classes : libraries).resolve(name);
                    if (!name.startsWith("tomcat") && !Files.exists(copy)) Files.copy(file, copy);
                }
            }
        }
        return folder.resolve("shop");
    }

    /** Waits until the class loaders are collected, and prints what is left. */
    private static void end(List<WeakReference<ClassLoader>> loaders, List<String> warnings) throws Exception {
        int threads = Host.threads();
        long left = loaders.size();
        for (int look = 0; look < 100 && left > 0; look++) {
            System.gc();
            left = loaders.stream().filter(it -> it.get() != null).count();
            if (left > 0) TimeUnit.MILLISECONDS.sleep(100);
        }
        if (left > 0) System.out.println("class loaders that are left: " + left + " of " + loaders.size());
        warnings.forEach(System.out::println);
        System.out.println("closed, COLOUR stays " + System.getProperty(Shop.LAST) + ", threads of the client: " + threads);
    }

    private static void listenForWarnings(List<String> warnings) {
        Logger.getLogger("org.apache.catalina.loader").addHandler(new Handler() {
            @Override
            public void publish(LogRecord record) {
                if (record.getLevel().intValue() >= Level.WARNING.intValue()) warnings.add(record.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        });
    }

    private static void get(String url) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(url)).build();
        var answer = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
        if (answer.statusCode() != 200) throw new IllegalStateException(answer.body());
    }

    /** The application: it starts its client with itself, and closes it at its end, as the page says. */
    public static final class Shop extends HttpServlet {
        static final String LAST = "host.last";
        private transient Client client;

        @Override
        public void init() throws ServletException {
            var application = getServletContext();
            client = Host.start(List.of(application.getInitParameter("edge"), application.getInitParameter("key")));
        }

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
            try {
                client.waitReady(Duration.ofSeconds(30));
                if (request.getRequestURI().equals("/use")) Host.use(client);
                response.getWriter().print(colour());
            } catch (Exception failed) {
                throw new IOException(failed);
            }
        }

        @Override
        public void destroy() {
            client.close();
            client.closedAsync().join();
            System.setProperty(LAST, colour());
        }

        private String colour() {
            return client.context(Map.of("userkey", "mara")).getString("COLOUR", "red");
        }
    }
}
