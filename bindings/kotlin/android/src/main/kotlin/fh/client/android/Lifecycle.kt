@file:JvmName("FeatureHubAndroid")

package fh.client.android

import android.app.Activity
import android.app.Application
import android.net.ConnectivityManager
import android.net.Network
import android.os.Bundle
import android.os.Handler
import android.os.Looper
import android.os.SystemClock
import fh.client.AppLifecycle
import fh.client.Client
import java.util.logging.Logger

/**
 * Suspends the client one second after the last activity of the app has stopped, resumes it when an activity starts, and reconnects it when
 * the default network changes. A process that never shows an activity keeps its client running. Returns at once, on any thread.
 *
 * ```kotlin
 * class Shop : Application() {
 *     override fun onCreate() {
 *         super.onCreate()
 *         FeatureHub.client("https://edge.example", "ENVIRONMENT/SERVER-KEY").followLifecycle(this)
 *     }
 * }
 * ```
 *
 * The client follows the app until it is closed, or until the result is closed, which leaves the client as it is. The application refers to the
 * client until then. Without the permission `ACCESS_NETWORK_STATE`, the client does not follow the network, and a log record says so.
 */
public fun Client.followLifecycle(application: Application): AutoCloseable {
    val following = Following(application, this)
    following.begin()
    closedAsync().thenRun(following::close)
    return following
}

/** Reports the activities and the default network of an application. Android calls it on the main thread. */
private class Following(private val application: Application, client: Client) : Application.ActivityLifecycleCallbacks, AutoCloseable {
    private val main = Handler(Looper.getMainLooper())

    // A task of the main thread runs after a rotation, however long that takes.
    private val lifecycle = AppLifecycle(client, SystemClock::elapsedRealtime) { millis, task -> main.postDelayed(task, millis) }
    private val connectivity: ConnectivityManager
        get() = checkNotNull(application.getSystemService(ConnectivityManager::class.java)) { "the device has no ConnectivityManager" }

    private val networks = object : ConnectivityManager.NetworkCallback() {
        override fun onAvailable(network: Network) = lifecycle.networkAvailable(network.networkHandle)

        override fun onLost(network: Network) = lifecycle.networkLost(network.networkHandle)
    }

    fun begin() {
        application.registerActivityLifecycleCallbacks(this)
        followNetwork("the client does not follow the network") {
            // The network of the client's start, which differs from the first one of the callback if it has changed since.
            val active = connectivity.activeNetwork
            if (active == null) lifecycle.networkLost(null) else lifecycle.networkAvailable(active.networkHandle)
            connectivity.registerDefaultNetworkCallback(networks, main)
        }
    }

    override fun close() {
        lifecycle.close()
        application.unregisterActivityLifecycleCallbacks(this)
        followNetwork(null) { connectivity.unregisterNetworkCallback(networks) }
    }

    /** Android throws if the app lacks the permission, has too many callbacks, or has removed this one before. */
    private fun followNetwork(otherwise: String?, call: () -> Unit) {
        try {
            call()
        } catch (error: RuntimeException) {
            if (otherwise != null) Logger.getLogger("fh.client").warning("$otherwise: $error")
        }
    }

    private val Activity.number: Long get() = System.identityHashCode(this).toLong()

    override fun onActivityStarted(activity: Activity) = lifecycle.started(activity.number)

    // An activity that had started before the client followed the app is reported now.
    override fun onActivityResumed(activity: Activity) = lifecycle.started(activity.number)

    override fun onActivityStopped(activity: Activity) = lifecycle.stopped(activity.number, activity.isChangingConfigurations)

    override fun onActivityCreated(activity: Activity, state: Bundle?) = Unit

    override fun onActivityPaused(activity: Activity) = Unit

    override fun onActivitySaveInstanceState(activity: Activity, state: Bundle) = Unit

    override fun onActivityDestroyed(activity: Activity) = Unit
}
