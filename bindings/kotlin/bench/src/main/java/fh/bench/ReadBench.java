package fh.bench;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * The reads of one engine. Each process loads one engine, so that its calls are not virtual. The class is Java for the annotation processor
 * of JMH.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ReadBench {
    @Param("fh-client")
    public String engine;

    private Engine measured;
    private User user;
    private String plain;
    private String rollout;
    private String countries;
    private String rules;

    @Setup
    public void load() {
        measured = Engine.of(engine);
        user = Payloads.INSTANCE.getUsers().get(0);
        measured.keep(user);
        plain = Payloads.INSTANCE.key("W1");
        rollout = Payloads.INSTANCE.key("W2");
        countries = Payloads.INSTANCE.key("W3");
        rules = Payloads.INSTANCE.key("W4");
    }

    @Benchmark
    public boolean w1() {
        return measured.plain(plain);
    }

    @Benchmark
    public boolean w1InContext() {
        return measured.inContext(plain);
    }

    @Benchmark
    public boolean w2() {
        return measured.inContext(rollout);
    }

    @Benchmark
    public boolean w3() {
        return measured.inContext(countries);
    }

    @Benchmark
    public boolean w4() {
        return measured.inContext(rules);
    }

    @Benchmark
    public boolean c1() {
        return measured.build(user, rollout);
    }
}
