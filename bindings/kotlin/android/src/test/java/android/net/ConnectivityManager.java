package android.net;

import android.os.Handler;
import java.util.ArrayList;
import java.util.List;

/** The networks of the tests, in place of a class that reads the device's properties. */
public class ConnectivityManager {
    public final List<NetworkCallback> callbacks = new ArrayList<>();
    public Network active;
    /** What the registration of a callback throws. */
    public RuntimeException refusal;

    public static class NetworkCallback {
        public void onAvailable(Network network) {}

        public void onLost(Network network) {}
    }

    public Network getActiveNetwork() {
        return active;
    }

    public void registerDefaultNetworkCallback(NetworkCallback callback, Handler handler) {
        if (refusal != null) {
            throw refusal;
        }
        callbacks.add(callback);
    }

    public void unregisterNetworkCallback(NetworkCallback callback) {
        if (!callbacks.remove(callback)) {
            throw new IllegalArgumentException("NetworkCallback was not registered");
        }
    }
}
