package host;

import java.util.concurrent.FutureTask;

/** As {@link Host}, on a virtual thread. Java 11 compiles it, too. */
public final class VirtualHost {
    public static void main(String[] arguments) throws Exception {
        var program = new FutureTask<Void>(() -> {
            Host.main(arguments);
            return null;
        });
        Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, program);
        program.get();
    }
}
