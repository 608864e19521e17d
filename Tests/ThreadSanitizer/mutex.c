/* Tells the thread sanitizer what Swift's Mutex orders; preloaded by Scripts/threads.

   On Linux a Mutex is a futex: the quick way, by one atomic operation, is compiled into the program and seen by the sanitizer. The
   slow way, where another thread has it, is in libswiftSynchronization.so, which is not instrumented: a contended Mutex looks like
   none, and whatever it guards like a race. So the three functions of the slow way are put in front of the library's, and say the
   same at the same address. Nothing is hidden: what no lock orders is still told.

   Their names are those of Swift 6.0 and newer; where they are others the sanitizer tells of races inside withLock, as without this. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

/* Of the sanitizer's runtime, which is in the program that is tested; what is started beside it has none. */
__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

typedef SWIFT void lock_slow(uint32_t thread, SELF void *mutex);
typedef SWIFT bool try_lock_slow(SELF void *mutex);
typedef SWIFT void unlock_slow(SELF void *mutex);

lock_slow seen_lock __asm__(LOCK);
try_lock_slow seen_try_lock __asm__(TRY_LOCK);
unlock_slow seen_unlock __asm__(UNLOCK);

SWIFT void seen_lock(uint32_t thread, SELF void *mutex) {
    static _Atomic(lock_slow *) next;
    if (!next) next = (lock_slow *)dlsym(RTLD_NEXT, LOCK);
    next(thread, mutex);
    if (__tsan_acquire) __tsan_acquire(mutex);
}

SWIFT bool seen_try_lock(SELF void *mutex) {
    static _Atomic(try_lock_slow *) next;
    if (!next) next = (try_lock_slow *)dlsym(RTLD_NEXT, TRY_LOCK);
    bool is_mine = next(mutex);
    if (is_mine && __tsan_acquire) __tsan_acquire(mutex);
    return is_mine;
}

SWIFT void seen_unlock(SELF void *mutex) {
    static _Atomic(unlock_slow *) next;
    if (!next) next = (unlock_slow *)dlsym(RTLD_NEXT, UNLOCK);
    if (__tsan_release) __tsan_release(mutex);
    next(mutex);
}
