package fh.client.internal

import kotlinx.coroutines.ExperimentalForInheritanceCoroutinesApi
import kotlinx.coroutines.flow.FlowCollector
import kotlinx.coroutines.flow.StateFlow

/** A flow that goes on while the program has it or collects it, because it refers to its client. */
@OptIn(ExperimentalForInheritanceCoroutinesApi::class)
internal class ClientState<T>(private val client: Any, private val flow: StateFlow<T>) : StateFlow<T> by flow {
    override suspend fun collect(collector: FlowCollector<T>): Nothing =
        try {
            flow.collect(collector)
        } finally {
            // The coroutine refers to the client until here.
            Bridge.keepReachable(client)
        }
}
