import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.featurehub.client.*;
import io.featurehub.client.FeatureValueInterceptor.ValueMatch;
import io.featurehub.client.edge.EdgeRetryService;
import io.featurehub.client.edge.EdgeRetryer.EdgeRetryerBuilder;
import io.featurehub.client.jersey.JerseySSEClient;
import io.featurehub.client.jersey.TestSDKClient;
import io.featurehub.sse.model.FeatureStateUpdate;
import io.featurehub.sse.model.SSEResultState;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import javax.ws.rs.client.ClientBuilder;
import javax.ws.rs.client.ClientRequestFilter;
import javax.ws.rs.client.WebTarget;
import org.glassfish.jersey.jackson.JacksonFeature;
import org.glassfish.jersey.media.sse.SseFeature;

/**
 * The adapter of FeatureHub's published SDK for Java: java-client-jersey 2.7 with java-client-core 3.3. It adds nothing to what the SDK
 * does: the calls are those of a program that follows the SDK's README.
 */
final class Adapter {
    private static final String VERSION = "2.7";

    private static final String VALUES_ONLY = "the getters return values only";
    private static final String NO_POLLS = "JerseySSEClient has streams only; the artifact has no client that polls";
    private static final String NO_LISTENER = "the SDK has listeners of the readiness and of one feature only";
    private static final String ANALYTICS = "logAnalyticsEvent gives collectors the features, and reads are not reported";

    private static final Map<String, String> CANNOT = Map.ofEntries(
        Map.entry("eval.strategy_id", VALUES_ONLY),
        Map.entry("eval.reason", VALUES_ONLY),
        Map.entry("eval.bucket", VALUES_ONLY),
        Map.entry("eval.trace", VALUES_ONLY),
        Map.entry("eval.defaults", "the getters take no default value"),
        Map.entry("eval.properties", "the SDK has no getter for the properties of a feature"),
        Map.entry("eval.native_context", "the values of attributes are texts"),
        Map.entry("eval.decimal", "payloads are parsed into doubles"),
        Map.entry("eval.regex.linear", "String.matches of Java backtracks"),
        Map.entry("clock.fixed", "the SDK reads the clock of the system"),
        Map.entry("key.multi", "EdgeFeatureHubConfig takes one key"),
        Map.entry("transport.poll", NO_POLLS),
        Map.entry("poll.passive", NO_POLLS),
        Map.entry("stream.last_event_id", "JerseySSEClient does not keep the id of the last event"),
        Map.entry("http.etag", NO_POLLS),
        Map.entry("http.cache_control", NO_POLLS),
        Map.entry("http.retry_after", "JerseySSEClient does not read headers of a response"),
        Map.entry("http.gzip", "requests have no Accept-Encoding"),
        Map.entry("http.proxy", "JerseySSEClient creates its HTTP client itself, without a proxy"),
        Map.entry("tls.custom_ca", "JerseySSEClient creates its HTTP client itself, with the authorities of the Java runtime"),
        Map.entry("listen.new_state", NO_LISTENER),
        Map.entry("listen.raw", NO_LISTENER),
        Map.entry("listen.remove", "FeatureState and FeatureRepository add listeners, but do not remove them"),
        Map.entry("catch_release", "updates are applied at once"),
        Map.entry("usage", ANALYTICS),
        Map.entry("usage.named", ANALYTICS),
        Map.entry("store", "the SDK writes no file"),
        Map.entry("keys.change", "EdgeFeatureHubConfig takes its API key in its constructor"),
        Map.entry("suspend", "no call suspends a client; a program closes it and creates another one"),
        Map.entry("fork", "Java has no fork()"),
        Map.entry("status", "the SDK keeps neither errors nor the age of its features"));

    /** The settings of `create` that the SDK cannot set. */
    private static final List<String> IGNORED = List.of(
        "refused", "healthy_after_ms", "max_bytes", "headers", "ca_pem", "proxy", "store", "context_in_query",
        "keep_values", "catch", "readers");

    /** A stream that broke is opened again at once; the connect timeout is also the limit for a stream without a byte. */
    private static final Map<String, Object> DEFAULTS = Map.of("retry_ms", 0, "retry_max_ms", 30000, "idle_ms", 5000);

    /** Time after which a call that does not return is reported as an error of the SDK. */
    private static final long CALL_MS = 5000;

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Map<String, Client> CLIENTS = new ConcurrentHashMap<>();
    private static final ExecutorService CALLS = Executors.newCachedThreadPool();

    /** A client of the SDK. */
    private static final class Client {
        final String name;
        final EdgeFeatureHubConfig config;
        final FeatureRepositoryContext repository;
        final AtomicInteger sent = new AtomicInteger();
        final List<String> ignored;
        /** The call that ends when the SDK has contacted the Edge. */
        final Future<?> contact;
        /** The one context of a server-evaluated key. */
        private final ClientContext serverContext;
        private volatile EdgeService edge;

        /** Counts the requests that the SDK hands to its HTTP library. */
        private final class CountingClient extends JerseySSEClient {
            CountingClient(EdgeRetryService retryer) { super(repository, config, retryer); }

            @Override
            protected WebTarget makeEventSourceTarget(javax.ws.rs.client.Client client, String url) {
                return super.makeEventSourceTarget(client, url).register((ClientRequestFilter) request -> sent.incrementAndGet());
            }
        }

        Client(JsonNode command) {
            if (!command.path("mode").asText().equals("stream")) throw unsupported("transport.poll");
            if (command.path("keys").size() != 1) throw unsupported("key.multi");
            name = command.path("client").asText();
            config = new EdgeFeatureHubConfig(command.path("edge_url").asText(), command.path("keys").path(0).asText());
            repository = config.getRepository();
            ignored = IGNORED.stream().filter(command::hasNonNull).collect(Collectors.toCollection(ArrayList::new));
            config.setEdgeService(() -> edge = new CountingClient(retryer(command).build()));
            serverContext = config.isServerEvaluation() ? config.newContext() : null;
            contact = CALLS.submit(() -> {
                if (serverContext == null) config.init();
                else withAttributes(serverContext, command.path("context")).build().get();
                return null;
            });
        }

        private EdgeRetryerBuilder retryer(JsonNode command) {
            var retryer = EdgeRetryerBuilder.anEdgeRetrier();
            var retry = command.path("retry");
            if (retry.hasNonNull("initial_ms")) retryer.withServerDisconnectRetryMs(retry.get("initial_ms").asInt());
            if (retry.hasNonNull("max_ms")) retryer.withMaximumBackoffTimeMs(retry.get("max_ms").asInt());
            // One setting is the limit for opening a connection, for the head of a response, and for a stream without a byte.
            var timeouts = command.path("timeouts");
            if (timeouts.hasNonNull("idle_ms")) retryer.withServerConnectTimeoutMs(timeouts.get("idle_ms").asInt());
            return retryer;
        }

        /** Returns a context with these attributes. A server-evaluated key has one context, whose attributes change. */
        ClientContext context(JsonNode attributes) {
            return withAttributes(serverContext == null ? config.newContext() : serverContext.clear(), attributes);
        }

        FeatureState holder(JsonNode read) {
            var key = read.path("feature").asText();
            var hasContext = read.path("context").isObject() && serverContext == null;
            return hasContext ? context(read.get("context")).feature(key) : repository.getFeatureState(key);
        }

        Map<String, Object> readiness() {
            var states = Map.of(Readyness.NotReady, "NOT_READY", Readyness.Ready, "READY", Readyness.Failed, "FAILED");
            return map("readiness", states.get(config.getReadyness()));
        }

        void close() {
            if (serverContext == null) config.close();
            else serverContext.close();
        }
    }

    private static ClientContext withAttributes(ClientContext context, JsonNode attributes) {
        attributes.fields().forEachRemaining(attribute ->
            context.attrs(attribute.getKey(), JSON.convertValue(attribute.getValue(), new TypeReference<List<String>>() {})));
        return context;
    }

    private static Client clientOf(JsonNode command) {
        var client = CLIENTS.get(command.path("client").asText());
        if (client == null) throw new Loop.Misuse("there is no client " + command.path("client"));
        return client;
    }

    private static Map<String, Object> hello(JsonNode command) {
        var runtime = "Java " + System.getProperty("java.version") + ", java-client-core 3.3";
        return map("protocol", 1, "sdk", map("name", "featurehub-java", "version", VERSION, "language", "Java", "runtime", runtime),
            "cannot", CANNOT, "defaults", DEFAULTS);
    }

    private static Map<String, Object> evaluate(JsonNode command) {
        var repository = new ClientFeatureRepository(CALLS);
        repository.notify(SSEResultState.FEATURES, command.path("payload").asText());
        var config = new EdgeFeatureHubConfig("http://localhost", "engine/*");
        Function<JsonNode, FeatureState> holder = read -> {
            var key = read.path("feature").asText();
            if (!read.path("context").isObject()) return repository.getFeatureState(key);
            return withAttributes(config.newContext(repository, () -> null), read.get("context")).feature(key);
        };
        return answers(command, read -> answerOf(repository, holder, read));
    }

    private static Map<String, Object> create(JsonNode command) {
        if (command.path("debug").asBoolean()) System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "trace");
        var client = new Client(command);
        CLIENTS.put(client.name, client);
        var timeouts = command.path("timeouts");
        timeouts.fields().forEachRemaining(limit -> {
            if (!limit.getValue().equals(timeouts.get("idle_ms"))) client.ignored.add("timeouts." + limit.getKey());
        });
        if (command.path("retry").path("jitter").isNumber()) client.ignored.add("retry.jitter");
        return map("ignored", client.ignored);
    }

    private static Map<String, Object> state(JsonNode command) {
        var client = clientOf(command);
        var state = client.readiness();
        state.put("sent", client.sent.get());
        return state;
    }

    private static Map<String, Object> await(JsonNode command) throws Exception {
        within(command, clientOf(command).contact);
        return clientOf(command).readiness();
    }

    private static Map<String, Object> read(JsonNode command) {
        var client = clientOf(command);
        return answers(command, read -> answerOf(client.repository, client::holder, read));
    }

    private static Map<String, Object> answers(JsonNode command, Function<JsonNode, Map<String, Object>> answer) {
        var answers = new ArrayList<Map<String, Object>>();
        command.path("reads").forEach(read -> answers.add(answer.apply(read)));
        return map("answers", answers);
    }

    private static Map<String, Object> answerOf(FeatureRepository repository, Function<JsonNode, FeatureState> holders, JsonNode read) {
        var type = read.path("type").asText();
        if (!List.of("BOOLEAN", "STRING", "NUMBER", "JSON").contains(type)) throw new Loop.Misuse("there is no type " + type);
        try {
            // A read makes the feature exist.
            var exists = repository.exists(read.path("feature").asText());
            var holder = holders.apply(read);
            var value = valueOf(holder, type);
            var answer = map("is_set", holder.isSet(), "exists", exists, "locked", holder.isLocked());
            answer.put("value", value == null ? read.get("default") : value);
            answer.put("text", value == null ? null : value.toString());
            return answer;
        } catch (RuntimeException error) {
            return map("value", null, "error", error.toString());
        }
    }

    private static Object valueOf(FeatureState holder, String type) {
        switch (type) {
            case "BOOLEAN": return holder.getBoolean();
            case "STRING": return holder.getString();
            case "NUMBER": return holder.getNumber();
            default: return holder.getRawJson();
        }
    }

    private static Map<String, Object> context(JsonNode command) throws Exception {
        var client = clientOf(command);
        within(command, CALLS.submit(() -> client.context(command.path("attributes")).build().get()));
        return client.readiness();
    }

    private static Map<String, Object> refresh(JsonNode command) {
        var client = clientOf(command);
        client.edge.poll();
        return client.readiness();
    }

    private static Map<String, Object> listen(JsonNode command) {
        var client = clientOf(command);
        switch (command.path("on").asText()) {
            case "feature":
                client.holder(command).addListener(holder -> called(client, command, changeOf(client, holder)));
                return null;
            case "readiness":
                client.config.addReadynessListener(readiness -> called(client, command, client.readiness()));
                return null;
            case "new_state": throw unsupported("listen.new_state");
            case "raw": throw unsupported("listen.raw");
            case "usage": throw unsupported("usage");
            default: throw new Loop.Misuse("there are no listeners on " + command.path("on"));
        }
    }

    private static Map<String, Object> changeOf(Client client, FeatureState holder) {
        // The SDK does not tell the type of a feature, but each getter gives no value for a feature of another type.
        var types = List.of("BOOLEAN", "STRING", "NUMBER", "JSON");
        var value = types.stream().map(type -> valueOf(holder, type)).filter(Objects::nonNull).findFirst().orElse(null);
        var exists = client.repository.exists(holder.getKey());
        return map("feature", holder.getKey(), "value", value, "exists", exists, "locked", holder.isLocked());
    }

    /** Reports the call of a listener and performs its actions. The reads come first, because the event reports them. */
    private static void called(Client client, JsonNode listener, Map<String, Object> members) {
        var reads = map();
        listener.path("then").forEach(action -> {
            if (action.path("do").asText().equals("read")) {
                reads.put(action.path("feature").asText(), answerOf(client.repository, client::holder, action).get("value"));
            }
        });
        var event = map("client", client.name, "listener", listener.get("listener"), "t_ms", System.nanoTime() / 1e6, "reads", reads);
        event.putAll(members);
        try {
            Loop.event("called", event);
        } catch (IOException error) {
            error.printStackTrace();
        }
        listener.path("then").forEach(action -> perform(client, listener, action));
    }

    private static void perform(Client client, JsonNode listener, JsonNode action) {
        switch (action.path("do").asText()) {
            case "throw": throw new IllegalStateException("the listener " + listener.path("listener") + " throws");
            case "sleep":
                try {
                    Thread.sleep(action.path("ms").asLong());
                } catch (InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                }
                break;
            case "listen":
                var added = map("client", client.name, "listener", action.get("listener"), "on", "feature", "feature", action.get("feature"));
                listen(JSON.valueToTree(added));
                break;
            case "unlisten": throw unsupported("listen.remove");
            case "close":
                client.close();
                break;
            case "evaluate":
                answerOf(client.repository, client::holder, action);
                break;
            default:
                break;
        }
    }

    private static Map<String, Object> intercept(JsonNode command) {
        var value = command.path("value");
        var text = value.isNull() || value.isMissingNode() ? null : value.isTextual() ? value.asText() : value.toString();
        clientOf(command).config.registerValueInterceptor(command.path("even_locked").asBoolean(), key -> {
            if (command.hasNonNull("feature") && !command.get("feature").asText().equals(key)) return new ValueMatch(false, null);
            if (command.path("throw").asBoolean()) throw new IllegalStateException("the interceptor " + command.path("interceptor") + " throws");
            return new ValueMatch(true, text);
        });
        return null;
    }

    private static Map<String, Object> update(JsonNode command) {
        var config = clientOf(command).config;
        var change = new FeatureStateUpdate();
        if (command.hasNonNull("lock")) change.lock(command.get("lock").asBoolean());
        if (command.hasNonNull("value")) change.value(JSON.convertValue(command.get("value"), Object.class));
        new TestSDKClient(config).setFeatureState(config.apiKey(), command.path("feature").asText(), change);
        return map("accepted", true);
    }

    private static Map<String, Object> close(JsonNode command) throws Exception {
        var client = clientOf(command);
        var begin = System.nanoTime();
        var closed = CALLS.submit(client::close);
        try {
            closed.get(CALL_MS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException hanging) {
            throw new TimeoutException("close has not returned after " + CALL_MS + " ms");
        }
        return map("took_ms", Math.round((System.nanoTime() - begin) / 1e6));
    }

    /** Waits for a call of the SDK, but not longer than the time limit of the command. */
    private static void within(JsonNode command, Future<?> call) throws Exception {
        try {
            call.get(command.path("timeout_ms").asLong(CALL_MS), TimeUnit.MILLISECONDS);
        } catch (TimeoutException late) {
            // The answer is the readiness at this time.
        }
    }

    private static Loop.Unsupported unsupported(String capability) { return new Loop.Unsupported(CANNOT.get(capability)); }

    private static Loop.Operation refuse(String capability) {
        return command -> { throw unsupported(capability); };
    }

    /** Returns a map of names and values, which may be null. */
    private static Map<String, Object> map(Object... members) {
        var map = new LinkedHashMap<String, Object>();
        for (int index = 0; index < members.length; index += 2) map.put((String) members[index], members[index + 1]);
        return map;
    }

    public static void main(String[] arguments) throws Exception {
        // Loads the HTTP library of the SDK, so that the first request is not late. The SDK itself is not loaded before `debug` is known.
        ClientBuilder.newBuilder().register(JacksonFeature.class).register(SseFeature.class).build().target("http://localhost").request();
        Loop.run(Map.ofEntries(
            Map.entry("hello", Adapter::hello), Map.entry("evaluate", Adapter::evaluate), Map.entry("create", Adapter::create),
            Map.entry("state", Adapter::state), Map.entry("wait", Adapter::await), Map.entry("read", Adapter::read),
            Map.entry("context", Adapter::context), Map.entry("keys", refuse("keys.change")),
            Map.entry("listen", Adapter::listen), Map.entry("unlisten", refuse("listen.remove")),
            Map.entry("refresh", Adapter::refresh), Map.entry("suspend", refuse("suspend")), Map.entry("resume", refuse("suspend")),
            Map.entry("catch", refuse("catch_release")),
            Map.entry("release", refuse("catch_release")), Map.entry("intercept", Adapter::intercept),
            Map.entry("record", refuse("usage.named")), Map.entry("update", Adapter::update), Map.entry("close", Adapter::close)));
    }
}
