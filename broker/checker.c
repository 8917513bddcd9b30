/* SPDX-License-Identifier: MPL-2.0 */
/*
 * checker: see checker.h.
 *
 * A ring of questions with three places in it: where the next one goes, the one
 * that is checked, and the next one whose answer is taken. A question stays in
 * its place until then, so the ring bounds all of them. The thread reads its
 * question without the lock: nobody else touches the place until it says done.
 */
#include "checker.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

#include "proto/os.h"
#include "users.h"
#include "xmem.h"

/* Of a password that nobody knows; as much work as one that was set. */
static const char nobody[] =
    "$argon2id$v=19$m=65536,t=2,p=1$QdJGeByOWcCTdPwjoN28hQ$"
    "mGDB0sXg0/EcK5jMYtyTrHqYRlDQ7peA/VTQR8opfpA";

struct question {
    uint64_t handle;
    size_t len; /* of the password */
    bool known; /* there is a hash */
    bool right;
    char hash[USER_HASH];
    char password[USER_PASSWORD];
};

struct checker {
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    bool stop;
    uint64_t asked, done, taken; /* taken <= done <= asked; never wrap */
    struct os_bell bell;
    struct question ring[CHECKER_WAITING];
};

static struct question *
place(struct checker *checker, uint64_t number)
{
    return &checker->ring[number % CHECKER_WAITING];
}

static void
check(struct question *question)
{
    bool equal = crypto_pwhash_str_verify(question->hash, question->password,
                                          question->len) == 0;
    question->right = equal && question->known;
    sodium_memzero(question->password, sizeof question->password);
    sodium_memzero(question->hash, sizeof question->hash);
}

static void *
run(void *self)
{
    struct checker *checker = self;
    pthread_mutex_lock(&checker->lock);
    while (!checker->stop) {
        if (checker->done == checker->asked) {
            pthread_cond_wait(&checker->wake, &checker->lock);
            continue;
        }
        struct question *question = place(checker, checker->done);
        pthread_mutex_unlock(&checker->lock);
        check(question);
        pthread_mutex_lock(&checker->lock);
        checker->done++;
        os_bell_ring(&checker->bell);
    }
    pthread_mutex_unlock(&checker->lock);
    return NULL;
}

struct checker *
checker_new(void)
{
    struct checker *checker = xcalloc(1, sizeof *checker);
    pthread_mutex_init(&checker->lock, NULL);
    pthread_cond_init(&checker->wake, NULL);
    int code = os_bell_open(&checker->bell)
                   ? os_thread(&checker->thread, run, checker)
                   : errno;
    if (code == 0) {
        return checker;
    }
    os_bell_close(&checker->bell);
    free(checker);
    errno = code;
    return NULL;
}

void
checker_free(struct checker **address)
{
    struct checker *checker = *address;
    *address = NULL;
    if (!checker) {
        return;
    }
    pthread_mutex_lock(&checker->lock);
    checker->stop = true;
    pthread_cond_signal(&checker->wake);
    pthread_mutex_unlock(&checker->lock);
    pthread_join(checker->thread, NULL);
    pthread_cond_destroy(&checker->wake);
    pthread_mutex_destroy(&checker->lock);
    os_bell_close(&checker->bell);
    sodium_memzero(checker->ring, sizeof checker->ring);
    free(checker);
}

int
checker_fd(const struct checker *checker)
{
    return checker->bell.fd;
}

/* A password or hash that is longer than any is wrong, after the same time. */
static void
fill(struct question *question, struct slice hash, struct slice password)
{
    question->known = hash.len > 0 && hash.len < USER_HASH &&
                      password.len <= USER_PASSWORD;
    question->right = false;
    if (!question->known) {
        hash = slice_of(nobody, sizeof nobody - 1);
        password = slice_of("", 0);
    }
    memset(question->hash, 0, sizeof question->hash);
    memcpy(question->hash, hash.data, hash.len);
    memcpy(question->password, password.data, password.len);
    question->len = password.len;
}

bool
checker_ask(struct checker *checker, uint64_t handle, struct slice hash,
            struct slice password)
{
    pthread_mutex_lock(&checker->lock);
    bool room = checker->asked - checker->taken < CHECKER_WAITING;
    if (room) {
        struct question *question = place(checker, checker->asked++);
        question->handle = handle;
        fill(question, hash, password);
        pthread_cond_signal(&checker->wake);
    }
    pthread_mutex_unlock(&checker->lock);
    return room;
}

bool
checker_answer(struct checker *checker, uint64_t *handle, bool *right)
{
    pthread_mutex_lock(&checker->lock);
    bool any = checker->taken < checker->done;
    if (any) {
        const struct question *question = place(checker, checker->taken++);
        *handle = question->handle;
        *right = question->right;
    } else {
        (void)os_bell_hush(&checker->bell);
    }
    pthread_mutex_unlock(&checker->lock);
    return any;
}
