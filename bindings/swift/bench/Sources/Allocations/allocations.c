// Functions of the C library that count, and call those of glibc. Swift and Rust allocate with them.

#include "allocations.h"

#include <stddef.h>

static _Thread_local struct Allocations counted;

struct Allocations allocations(void) { return counted; }

#if defined(__linux__)
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static void count(size_t size) {
    counted.count += 1;
    counted.bytes += size;
}

void *malloc(size_t size) {
    count(size);
    return __libc_malloc(size);
}

void *calloc(size_t many, size_t size) {
    count(many * size);
    return __libc_calloc(many, size);
}

void *realloc(void *old, size_t size) {
    count(size);
    return __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count(size);
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **place, size_t alignment, size_t size) {
    count(size);
    *place = __libc_memalign(alignment, size);
    return *place == NULL ? 12 : 0;
}
#endif
