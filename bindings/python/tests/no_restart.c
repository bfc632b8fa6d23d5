/* A library that takes the restart of clients out of forked processes: `LD_PRELOAD` puts this function before that of the C library, by which
 * the package registers the handler that counts forks. Handles then use the client of the parent process, as if there had been no fork.
 */
int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void), void *library) {
    (void)prepare, (void)parent, (void)child, (void)library;
    return 0;
}
