import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The loop of an adapter: reads commands, calls the function of each operation, and writes answers and events. It needs no SDK. The
 * protocol is docs/reference/adapter-protocol.md of the conformance suite.
 */
final class Loop {
    /** Performs a command and returns the members of the answer, or null. */
    interface Operation { Map<String, ?> perform(JsonNode command) throws Throwable; }

    /** The SDK cannot perform the operation. `hello` lists the capability under `cannot`. */
    static final class Unsupported extends RuntimeException { Unsupported(String reason) { super(reason); } }

    /** The command names something that does not exist, such as an unknown client. */
    static final class Misuse extends RuntimeException { Misuse(String message) { super(message); } }

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Optional<String> END = Optional.empty();
    private static final OutputStream OUTPUT = new FileOutputStream(FileDescriptor.out);

    /** Sends an event. Any thread may call it. */
    static void event(String name, Map<String, ?> members) throws IOException { send("event", name, members); }

    /** Performs the commands of standard input in the calling thread, until the input ends. */
    static void run(Map<String, Operation> operations) throws Exception {
        System.setOut(System.err); // Only the loop writes to standard output.
        var lines = new LinkedBlockingQueue<Optional<String>>();
        var reader = new Thread(() -> read(lines));
        reader.setDaemon(true);
        reader.start();
        for (var line = lines.take(); line.isPresent(); line = lines.take()) answer(operations, JSON.readTree(line.get()));
        System.exit(0); // Threads of the SDK must not keep the process alive.
    }

    private static void read(Queue<Optional<String>> lines) {
        try (var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (var line = input.readLine(); line != null; line = input.readLine()) {
                if (!line.isBlank()) lines.add(Optional.of(line));
            }
            lines.add(END);
            Thread.sleep(1000);
        } catch (IOException | InterruptedException error) {
            error.printStackTrace();
        }
        Runtime.getRuntime().halt(0); // The SDK blocks the thread of the commands.
    }

    private static void answer(Map<String, Operation> operations, JsonNode command) throws IOException {
        Map<String, ?> members;
        try {
            var operation = operations.get(command.path("op").asText());
            if (operation == null) throw new Misuse("there is no operation " + command.path("op"));
            members = operation.perform(command);
        } catch (Unsupported refusal) {
            members = error("unsupported", refusal.getMessage());
        } catch (Misuse misuse) {
            members = error("adapter", misuse.getMessage());
        } catch (Throwable thrown) { // Whatever the SDK throws is an answer.
            thrown.printStackTrace();
            members = error("sdk", thrown.toString());
        }
        send("id", command.get("id"), members == null ? Map.of() : members);
    }

    private static Map<String, ?> error(String code, String message) { return Map.of("error", Map.of("code", code, "message", message)); }

    private static synchronized void send(String first, Object value, Map<String, ?> members) throws IOException {
        var message = new LinkedHashMap<String, Object>();
        message.put(first, value);
        message.putAll(members);
        OUTPUT.write((JSON.writeValueAsString(message) + "\n").getBytes(StandardCharsets.UTF_8));
    }
}
