package android.os;

/** The clock of the tests, in place of native functions. */
public final class SystemClock {
    /** The time in milliseconds, which the tests set. */
    public static volatile long now;

    private SystemClock() {}

    public static long uptimeMillis() {
        return now;
    }

    public static long elapsedRealtime() {
        return now;
    }
}
