#include <stdint.h>

/// The allocations of a thread since its start.
struct Allocations {
    uint64_t count;
    uint64_t bytes;
};

/// Returns the allocations of the calling thread. They stay zero outside Linux.
struct Allocations allocations(void);
