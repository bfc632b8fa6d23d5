package fh.client;

import fh.client.http.HttpExchange;
import fh.client.http.HttpFailure;
import fh.client.http.HttpRequest;
import fh.client.http.HttpTransport;
import fh.client.http.LibraryThreads;
import fh.client.testing.Fault;
import fh.client.testing.MemoryEdge;
import fh.client.testing.SeenRequest;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** A program in Java that uses each public class. The compiler reports what is awkward in Java, as an error. */
final class JavaFace {
    private JavaFace() {}

    /** Returns what the program has seen, for the test. */
    static List<Object> run() throws Exception {
        List<Object> seen = Collections.synchronizedList(new ArrayList<>());
        MemoryEdge edge = new MemoryEdge();
        edge.set("COLOUR", "red");
        edge.set("PRICE", new BigDecimal("1.5"));
        edge.setJson("THEME", "{\"dark\": true}");
        MemoryOverrides overrides = new MemoryOverrides();
        Clock clock = new Clock(Instant.EPOCH);
        try (Client client = edge.client(MemoryEdge.CLIENT_KEY, settings -> {
            settings.setMode(FetchMode.STREAMING);
            settings.setInterval(null);
            settings.setBackoff(new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(30)));
            Limits limits = new Limits();
            limits.setIdle(Duration.ofSeconds(60));
            settings.setLimits(limits);
            settings.setSystem(FlagSystem.FEATUREHUB);
            settings.setProfile(Profile.CLIENT);
            settings.setContextPlacement(ContextPlacement.HEADER);
            settings.setWhileSwitching(WhileSwitching.HIDE);
            settings.setClock(clock);
            settings.setInterceptors(List.of(new Interception(overrides), new Interception(read -> Decision.CONTINUE)));
            settings.setObservers(List.of(new Observation(events -> events.forEach(event -> seen.add(event.getName())))));
            settings.setOnReadiness(readiness -> seen.add(readiness == Readiness.READY));
        })) {
            client.waitReady(Duration.ofSeconds(60));
            client.readyAsync().get();
            Context mara = client.context(Map.of("userkey", "mara")).with(Map.of("plan", "gold"));
            seen.add(mara.getString("COLOUR", "none"));
            Boolean missing = mara.getBoolean("MISSING");
            seen.add(missing == null);
            Detail detail = mara.detail("PRICE");
            seen.add(detail.getValue());
            seen.add(client.getJson("THEME"));
            Subscription subscription = client.onChange("COLOUR", change -> seen.add(change.getNew()));
            CompletableFuture<Outcome> changed = client.testUpdates().setAndWaitAsync("COLOUR", Update.of().value("blue"));
            seen.add(changed.get());
            client.flush(Duration.ofSeconds(60));
            subscription.close();
            overrides.set("COLOUR", "green", IfLocked.OVERRIDE);
            MemoryOverride override = overrides.entries().get("COLOUR");
            seen.add(override.getValue());
            Status status = client.statusNow();
            seen.add(status.getReadiness());
            seen.add(client.getStatus().getValue().getReadiness());
            client.onStatus((StatusChange change) -> {});
            client.onNewState((NewState state) -> {});
            client.onRaw((RawUpdate update) -> {});
            client.onNotice((Notice notice) -> {});
            client.intercept((InterceptedRead read) -> Decision.override(read.getKey()), LockPolicy.DECIDE).close();
            client.observe((List<UsageEvent> events) -> seen.add(events.get(0).getFeatures().size()), new UsageOptions(10)).close();
            DelayedTasks tasks = (millis, task) -> {};
            try (AppLifecycle app = new AppLifecycle(client, System::currentTimeMillis, tasks)) {
                app.started(1);
            }
            edge.failNext(Fault.status(500));
            edge.failNext(Fault.CONNECT);
            for (SeenRequest request : edge.getRequests()) seen.add(request.getKind());
        }
        Evaluation evaluation = Ruleset.fromJson("[{\"key\": \"A\", \"type\": \"BOOLEAN\", \"value\": true}]").evaluate("A");
        seen.add(evaluation.getValue());
        seen.add(new EnvironmentOverrides().isOn() || new YamlOverrides("missing.yaml").getProblem() == null);
        seen.add(LibraryThreads.make("fh-transport", () -> {}).isDaemon());
        HttpTransport transport = (HttpRequest request, HttpExchange exchange) -> exchange.fail(HttpFailure.CONNECT, request.getMethod());
        Logs.to(LogLevel.OFF, (level, text) -> {});
        try (Client offline = FeatureHub.client("https://edge.example", List.of("a/b*c"), settings -> settings.setTransport(transport))) {
            offline.waitReady(Duration.ofMillis(1));
        } catch (NotReadyException error) {
            seen.add(error.getProblem() == null || error.getProblem().equals("unreachable"));
        } catch (ClosedException error) {
            throw error;
        } catch (ClientException error) {
            throw new AssertionError(error);
        }
        List<Client> others = List.of(
            FeatureHub.featBit("https://flags.example", "secret", settings -> settings.setTransport(transport)),
            FeatureHub.featureSignals("https://flags.example", "key", "production", settings -> settings.setTransport(transport)),
            FeatureHub.featureSignalsRuleset("{\"flags\": {}, \"states\": {}}"),
            FeatureHub.fromEnvironment(settings -> settings.setMode(FetchMode.OFFLINE)));
        for (Client other : others) {
            seen.add(other.getUserKeyAttribute());
            other.close();
        }
        return seen;
    }

    /** The exceptions of operations that end later are the causes of the futures'. */
    static String reason(Throwable cause) {
        if (cause instanceof RefusedException) return ((RefusedException) cause).getReason();
        if (cause instanceof EdgeException) return ((EdgeException) cause).getProblem();
        return cause.toString();
    }
}
