package fh.client.internal

import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionException
import kotlin.coroutines.resume
import kotlin.coroutines.resumeWithException
import kotlinx.coroutines.suspendCancellableCoroutine

/** Suspends until the future has ended, and cancels it with the coroutine. The one of `kotlinx-coroutines-core` exists only from 1.7 on. */
internal suspend fun <T> CompletableFuture<T>.await(): T =
    suspendCancellableCoroutine { coroutine ->
        whenComplete { value, error ->
            if (error == null) coroutine.resume(value) else coroutine.resumeWithException((error as? CompletionException)?.cause ?: error)
        }
        coroutine.invokeOnCancellation { cancel(false) }
    }
