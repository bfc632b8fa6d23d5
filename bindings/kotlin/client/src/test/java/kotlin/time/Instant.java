package kotlin.time;

/** The time of kotlin-stdlib from 2.1.20 on, which the libraries of the build do not have. */
public final class Instant {
    private final String text;

    public Instant(java.time.Instant time) {
        text = time.toString();
    }

    @Override
    public String toString() {
        return text;
    }
}
