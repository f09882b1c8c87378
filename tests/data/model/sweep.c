/*
 * Two threads go over the same array at once, line after line, and each increments a word of its own in
 * every line: what the one has just modified the other takes from its cache.
 *
 *   sweep LINES ROUNDS
 */
#include <pthread.h>
#include <stdlib.h>

enum { WORDS_PER_LINE = 16 };

static volatile int *array;
static long lines, rounds;
static pthread_barrier_t barrier;

static void *sweep(void *arg)
{
    volatile int *own = array + (long)arg;

    for (long round = 0; round < rounds; round++) {
        pthread_barrier_wait(&barrier);
        for (long i = 0; i < lines; i++)
            own[i * WORDS_PER_LINE]++;
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[2];

    if (argc < 3)
        return 2;
    lines = atol(argv[1]);
    rounds = atol(argv[2]);
    array = aligned_alloc(64, (size_t)lines * 64);
    pthread_barrier_init(&barrier, NULL, 2);
    for (long i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, sweep, (void *)i);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
