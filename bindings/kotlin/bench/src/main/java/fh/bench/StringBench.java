package fh.bench;

import fh.client.Client;
import fh.client.FeatureHub;
import fh.client.FetchMode;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The read of a text of ten characters with the package. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class StringBench {
    private static final String FEATURES =
        "[{\"id\":\"colour\",\"key\":\"COLOUR\",\"version\":1,\"type\":\"STRING\",\"value\":\"light-blue\",\"l\":false}]";

    private Client client;

    @Setup
    public void load() {
        client =
            FeatureHub.client("http://127.0.0.1:9", List.of("bench/bench*key"), settings -> {
                settings.setMode(FetchMode.OFFLINE);
                settings.setBootstrap(FEATURES);
            });
        if (!"light-blue".equals(client.getString("COLOUR"))) throw new IllegalStateException("the text is wrong");
    }

    @Benchmark
    public String string() {
        return client.getString("COLOUR");
    }
}
