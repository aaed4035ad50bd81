/*
 * Between a program and its disk: what it writes is noted, and fails when it is told to; and what the clock says can be another time.
 *
 * FAULTS_DIRECTORY  whose files it is about (those for shared memory and locks left out)
 * FAULTS_CONTROL    a file of 4096 octets, mapped: what is to fail, as the test writes it; see `enum`
 * FAULTS_JOURNAL    where each change is noted, in order, if anywhere: `struct record` with what it is about behind it
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/* Numbers in the control file, 8 octets each. */
enum {
    KINDS,  /* which calls fail, bits of the enum below */
    ERRNO,  /* with what; 0: none do */
    SKIP,   /* how many go well before the first that fails */
    TIMES,  /* how many fail */
    WHICH,  /* in which files: 0 all, 1 the log, 2 the database itself, 3 the index of words */
    FIRED,  /* how many have failed */
    HALF,   /* whether half of what a failing write was to write gets there */
    CLOCK,  /* milliseconds by which the clock is off */
    NUMBERS
};
enum { WRITES = 1, SYNCS = 2, TRUNCATES = 4, OPENS = 8, NAMES = 16, READS = 32 };

enum { CREATE = 1, WRITE, TRUNCATE, SYNC, SYNC_NAMES, UNLINK, RENAME, LOST };
struct record {
    uint64_t kind, file, offset, octets;
};

#define FILES 65536
enum { LOG = 1, DATABASE, WORDS, OTHER, DIRECTORY };

static struct {
    unsigned char is;
    uint64_t file;
} files[FILES];

static char directory[PATH_MAX];
static size_t directory_octets;
static volatile int64_t *control;
static int journal = -1;
static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static int real_open(const char *path, int flags, mode_t mode) {
    static int (*real)(const char *, int, ...);
    if (!real) real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
    return real(path, flags, mode);
}

static ssize_t real_pwrite(int fd, const void *from, size_t octets, off_t offset) {
    REAL(pwrite);
    return real(fd, from, octets, offset);
}

static ssize_t real_write(int fd, const void *from, size_t octets) {
    REAL(write);
    return real(fd, from, octets);
}

__attribute__((constructor)) static void begin(void) {
    const char *where = getenv("FAULTS_DIRECTORY"), *how = getenv("FAULTS_CONTROL"), *notes = getenv("FAULTS_JOURNAL");
    if (how) {
        int fd = real_open(how, O_RDWR | O_CLOEXEC, 0);
        void *mapped = fd < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (mapped == MAP_FAILED) abort();
        close(fd);
        control = mapped;
    }
    if (notes) {
        journal = real_open(notes, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (journal < 0) abort();
    }
    if (where && realpath(where, directory)) directory_octets = strlen(directory);
}

static int ends(const char *text, const char *with) {
    size_t a = strlen(text), b = strlen(with);
    return a >= b && !strcmp(text + a - b, with);
}

/* What a path is, if it is any of ours. */
static int is(const char *path) {
    char whole[PATH_MAX];
    if (!directory_octets) return 0;
    if (*path != '/') {
        char here[PATH_MAX];
        if (!getcwd(here, sizeof here)) return 0;
        if (snprintf(whole, sizeof whole, "%s/%s", here, path) >= (int)sizeof whole) return 0;
        path = whole;
    }
    if (!strcmp(path, directory)) return DIRECTORY;
    if (strncmp(path, directory, directory_octets) || path[directory_octets] != '/') return 0;
    if (ends(path, "-shm") || ends(path, ".lock") || ends(path, ".log")) return 0;
    if (strstr(path, "-words")) return WORDS;
    if (ends(path, "-wal")) return LOG;
    return ends(path, ".db") ? DATABASE : OTHER;
}

static int of(int fd) {
    return fd >= 0 && fd < FILES ? files[fd].is : 0;
}

static void note(uint64_t kind, uint64_t file, uint64_t offset, const void *what, uint64_t octets) {
    if (journal < 0) return;
    struct record record = { kind, file, offset, octets };
    char *all = malloc(sizeof record + octets);
    if (!all) abort();
    memcpy(all, &record, sizeof record);
    if (octets) memcpy(all + sizeof record, what, octets);
    size_t left = sizeof record + octets;
    for (char *at = all; left;) {
        ssize_t written = real_write(journal, at, left);
        if (written <= 0) abort();
        at += written;
        left -= (size_t)written;
    }
    free(all);
}

static void note_name(uint64_t kind, uint64_t file, const char *path) {
    const char *name = strrchr(path, '/');
    name = name ? name + 1 : path;
    note(kind, file, 0, name, strlen(name));
}

/* Whether this call is to fail. */
static int fails(int kind, int is) {
    if (!control || !control[ERRNO] || !(control[KINDS] & kind)) return 0;
    if (control[WHICH] && control[WHICH] != is) return 0;
    if (__atomic_sub_fetch(&control[SKIP], 1, __ATOMIC_SEQ_CST) >= 0) return 0;
    if (__atomic_sub_fetch(&control[TIMES], 1, __ATOMIC_SEQ_CST) < 0) return 0;
    __atomic_add_fetch(&control[FIRED], 1, __ATOMIC_SEQ_CST);
    errno = (int)control[ERRNO];
    return 1;
}

static int opened(const char *path, int flags, mode_t mode) {
    int what = is(path);
    if (!what) return real_open(path, flags, mode);
    pthread_mutex_lock(&one);
    int is_new = (flags & O_CREAT) && access(path, F_OK);
    int writes = (flags & O_ACCMODE) != O_RDONLY;
    int fd = writes && fails(OPENS, what) ? -1 : real_open(path, flags, mode);
    struct stat stat;
    if (fd >= 0 && fd < FILES && !fstat(fd, &stat)) {
        files[fd].is = (unsigned char)what;
        files[fd].file = stat.st_ino;
        if (is_new) note_name(CREATE, stat.st_ino, path);
        else if (flags & O_TRUNC) note(TRUNCATE, stat.st_ino, 0, NULL, 0);
    }
    pthread_mutex_unlock(&one);
    return fd;
}

static mode_t mode_of(int flags, va_list rest) {
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = mode_of(flags, rest); \
        va_end(rest); \
        return opened(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
    int name(int at, const char *path, int flags, ...) { \
        static int (*real)(int, const char *, int, ...); \
        if (!real) real = (int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, #name); \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = mode_of(flags, rest); \
        va_end(rest); \
        return at == AT_FDCWD || *path == '/' ? opened(path, flags, mode) : real(at, path, flags, mode); \
    }
OPENAT(openat)
OPENAT(openat64)

int close(int fd) {
    REAL(close);
    if (fd >= 0 && fd < FILES) files[fd].is = 0;
    return real(fd);
}

static ssize_t written(int fd, const void *from, size_t octets, off_t offset, int moves) {
    pthread_mutex_lock(&one);
    ssize_t done;
    if (fails(WRITES, of(fd))) {
        int error = errno;
        size_t half = control[HALF] ? octets / 2 : 0;
        if (half && real_pwrite(fd, from, half, offset) == (ssize_t)half) note(WRITE, files[fd].file, (uint64_t)offset, from, half);
        errno = error;
        done = -1;
    } else {
        done = moves ? real_write(fd, from, octets) : real_pwrite(fd, from, octets, offset);
        if (done > 0) note(WRITE, files[fd].file, (uint64_t)offset, from, (uint64_t)done);
    }
    pthread_mutex_unlock(&one);
    return done;
}

ssize_t pwrite(int fd, const void *from, size_t octets, off_t offset) {
    return of(fd) ? written(fd, from, octets, offset, 0) : real_pwrite(fd, from, octets, offset);
}

ssize_t pwrite64(int fd, const void *from, size_t octets, off64_t offset) {
    return pwrite(fd, from, octets, offset);
}

ssize_t write(int fd, const void *from, size_t octets) {
    if (!of(fd)) return real_write(fd, from, octets);
    int appends = fcntl(fd, F_GETFL) & O_APPEND;
    return written(fd, from, octets, lseek(fd, 0, appends ? SEEK_END : SEEK_CUR), 1);
}

static ssize_t unread(int fd) {
    return of(fd) && fails(READS, of(fd)) ? -1 : 0;
}

ssize_t read(int fd, void *to, size_t octets) {
    REAL(read);
    return unread(fd) ? -1 : real(fd, to, octets);
}

ssize_t pread(int fd, void *to, size_t octets, off_t offset) {
    REAL(pread);
    return unread(fd) ? -1 : real(fd, to, octets, offset);
}

ssize_t pread64(int fd, void *to, size_t octets, off64_t offset) {
    return pread(fd, to, octets, offset);
}

int ftruncate(int fd, off_t octets) {
    REAL(ftruncate);
    if (!of(fd)) return real(fd, octets);
    pthread_mutex_lock(&one);
    int done = fails(TRUNCATES, of(fd)) ? -1 : real(fd, octets);
    if (!done) note(TRUNCATE, files[fd].file, (uint64_t)octets, NULL, 0);
    pthread_mutex_unlock(&one);
    return done;
}

int ftruncate64(int fd, off64_t octets) {
    return ftruncate(fd, octets);
}

/* The disk need not be asked: what it would hold after a power cut is in the journal. Where a sync fails, the system forgets what it
   could not write, and says so only once. */
static int synced(int fd) {
    pthread_mutex_lock(&one);
    int what = of(fd), done = fails(SYNCS, what) ? -1 : 0, error = errno;
    if (done) note(LOST, files[fd].file, 0, NULL, 0);
    else note(what == DIRECTORY ? SYNC_NAMES : SYNC, files[fd].file, 0, NULL, 0);
    pthread_mutex_unlock(&one);
    errno = error;
    return done;
}

int fsync(int fd) {
    REAL(fsync);
    return of(fd) ? synced(fd) : real(fd);
}

int fdatasync(int fd) {
    REAL(fdatasync);
    return of(fd) ? synced(fd) : real(fd);
}

int unlink(const char *path) {
    REAL(unlink);
    int what = is(path);
    if (!what) return real(path);
    pthread_mutex_lock(&one);
    int done = fails(NAMES, what) ? -1 : real(path);
    if (!done) note_name(UNLINK, 0, path);
    pthread_mutex_unlock(&one);
    return done;
}

int rename(const char *from, const char *to) {
    REAL(rename);
    int what = is(to);
    if (!what) return real(from, to);
    pthread_mutex_lock(&one);
    int done = fails(NAMES, what) ? -1 : real(from, to);
    if (!done) {
        const char *a = strrchr(from, '/'), *b = strrchr(to, '/');
        a = a ? a + 1 : from;
        b = b ? b + 1 : to;
        char both[2 * NAME_MAX + 2];
        int octets = snprintf(both, sizeof both, "%s/%s", a, b);
        note(RENAME, 0, 0, both, (uint64_t)octets);
    }
    pthread_mutex_unlock(&one);
    return done;
}

int clock_gettime(clockid_t which, struct timespec *at) {
    REAL(clock_gettime);
    int done = real(which, at);
    if (!done && control && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) {
        int64_t off = control[CLOCK], nanos = at->tv_nsec + off % 1000 * 1000000;
        at->tv_sec += off / 1000 + (nanos >= 1000000000) - (nanos < 0);
        at->tv_nsec = nanos < 0 ? nanos + 1000000000 : nanos % 1000000000;
    }
    return done;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
    struct timespec now;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &now)) return -1;
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}
