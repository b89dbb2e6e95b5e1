/* Prepares batches ahead of the training loop. A ring of slots: iteration i lives in slot i % slots, worker threads
 * take the next iteration nobody has taken, and the consumer waits for its slot to be full. Which thread fills a slot
 * never matters, because a batch is a function of the iteration. */
#include "septum/data.h"

#include "data/batch.h"
#include "data/carried.h"

#include <pthread.h>
#include <string.h>

typedef struct sep_slot {
    sep_batch batch;
    bool full;
    sep_status status; /* of filling; the text beside it, because error texts belong to a thread */
    char error[512];
} sep_slot;

typedef struct sep_worker {
    sep_loader *loader;
    sep_scratch scratch;
    pthread_t thread;
    bool started;
} sep_worker;

struct sep_loader {
    sep_batch_config config;
    sep_sampler sampler;
    int slots;
    sep_slot *slot;
    sep_worker *worker; /* one at least: without threads it is the caller's */
    pthread_mutex_t lock;
    pthread_cond_t filled, emptied;
    /* Under the lock. Iterations count from the start as 64 bits, so that the last 32-bit one has a successor. */
    uint64_t taken;  /* the next iteration for a worker */
    uint64_t wanted; /* the next iteration for the consumer; the slot of the one before is in his hands */
    bool stop;
};

static sep_slot *slot_of(sep_loader *loader, uint64_t iteration)
{
    return &loader->slot[iteration % (uint64_t)loader->slots];
}

static void fill_slot(sep_loader *loader, uint64_t iteration, sep_scratch *scratch, sep_slot *slot)
{
    slot->status = sep_batch_fill(&loader->sampler, &loader->config, (uint32_t)iteration, scratch, &slot->batch);
    if (slot->status != SEP_OK) {
        strncpy(slot->error, sep_error_text(), sizeof slot->error - 1);
        slot->error[sizeof slot->error - 1] = '\0';
    }
}

/* ---- worker threads ---------------------------------------------------------------------------------------------- */

/* Takes an iteration whose slot is free; false when the loader ends. Called and left with the lock held. */
static bool take_iteration(sep_loader *loader, uint64_t *iteration)
{
    /* The consumer holds the slot of wanted - 1, so at most slots - 1 iterations from `wanted` on have a slot. */
    while (!loader->stop && loader->taken + 1 >= loader->wanted + (uint64_t)loader->slots)
        pthread_cond_wait(&loader->emptied, &loader->lock);
    *iteration = loader->taken;
    if (!loader->stop)
        loader->taken++;
    return !loader->stop;
}

static void *work(void *argument)
{
    sep_worker *worker = argument;
    sep_loader *loader = worker->loader;
    uint64_t iteration;

    pthread_mutex_lock(&loader->lock);
    while (take_iteration(loader, &iteration)) {
        sep_slot *slot = slot_of(loader, iteration);

        pthread_mutex_unlock(&loader->lock);
        fill_slot(loader, iteration, &worker->scratch, slot);
        pthread_mutex_lock(&loader->lock);
        slot->full = true;
        pthread_cond_broadcast(&loader->filled);
    }
    pthread_mutex_unlock(&loader->lock);
    return NULL;
}

static sep_status start_workers(sep_loader *loader)
{
    for (int i = 0; i < loader->config.threads; i++) {
        sep_worker *worker = &loader->worker[i];

        if (pthread_create(&worker->thread, NULL, work, worker) != 0)
            return sep_fail(SEP_ERR_MEMORY, "loader thread %d can't be started", i);
        worker->started = true;
    }
    return SEP_OK;
}

static void stop_workers(sep_loader *loader)
{
    pthread_mutex_lock(&loader->lock);
    loader->stop = true;
    pthread_cond_broadcast(&loader->emptied);
    pthread_mutex_unlock(&loader->lock);
    for (int i = 0; loader->worker != NULL && i < loader->config.threads; i++) {
        if (loader->worker[i].started)
            pthread_join(loader->worker[i].thread, NULL);
    }
}

/* ---- the loader -------------------------------------------------------------------------------------------------- */

static int worker_count(const sep_loader *loader)
{
    return loader->config.threads > 0 ? loader->config.threads : 1;
}

void sep_loader_destroy(sep_loader *loader)
{
    if (loader == NULL)
        return;
    stop_workers(loader);
    for (int i = 0; loader->worker != NULL && i < worker_count(loader); i++)
        sep_scratch_free(&loader->worker[i].scratch);
    for (int i = 0; loader->slot != NULL && i < loader->slots; i++)
        sep_batch_free(&loader->slot[i].batch);
    sep_free(loader->worker);
    sep_free(loader->slot);
    pthread_cond_destroy(&loader->emptied);
    pthread_cond_destroy(&loader->filled);
    pthread_mutex_destroy(&loader->lock);
    sep_free(loader);
}

static sep_status allocate_loader(sep_loader *loader)
{
    /* One slot in the consumer's hands, and two for each thread: one being filled, one waiting. */
    loader->slots = 2 * loader->config.threads + 1;
    loader->slot = sep_calloc((size_t)loader->slots, sizeof *loader->slot);
    loader->worker = sep_calloc((size_t)worker_count(loader), sizeof *loader->worker);
    if (loader->slot == NULL || loader->worker == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < loader->slots; i++)
        SEP_TRY(sep_batch_create(loader->sampler.dataset, &loader->config, &loader->slot[i].batch));
    for (int i = 0; i < worker_count(loader); i++) {
        loader->worker[i].loader = loader;
        SEP_TRY(sep_scratch_create(loader->sampler.dataset, &loader->config, &loader->worker[i].scratch));
    }
    return SEP_OK;
}

static sep_status check_config(const sep_batch_config *config)
{
    if (config->height < 1 || config->width < 1 || config->height > 1 << 14 || config->width > 1 << 14)
        return sep_fail(SEP_ERR_ARGUMENT, "a patch of %d x %d can't be", config->height, config->width);
    if (config->threads < 0 || config->threads > 64)
        return sep_fail(SEP_ERR_ARGUMENT, "%d loader threads: give 0 to 64", config->threads);
    return SEP_OK;
}

static sep_status check_channels(const sep_dataset *dataset, const sep_batch_config *config)
{
    const int wanted = config->channels > 1 ? config->channels : 1;

    if (wanted == dataset->channels)
        return SEP_OK;
    return sep_fail(SEP_ERR_ARGUMENT, "the networks are for images of %d channels, and the dataset's have %d", wanted,
                    dataset->channels);
}

static sep_status check_streams(const sep_dataset *dataset, const sep_batch_config *config)
{
    for (int i = 0; i < config->streams; i++)
        if (config->stream[i].stream->check != NULL)
            SEP_TRY(config->stream[i].stream->check(dataset));
    return SEP_OK;
}

static sep_status check_registrations(const sep_dataset *dataset, const sep_batch_config *config)
{
    const bool carries = config->augmentation == SEP_AUGMENT_STRONG && config->strong.registered_probability > 0.0f;

    return carries ? sep_carried_check(dataset) : SEP_OK;
}

sep_status sep_loader_create(const sep_dataset *dataset, const sep_batch_config *config, uint32_t first_iteration,
                             sep_loader **loader)
{
    sep_loader *made;
    sep_sampler sampler;
    sep_status status;

    *loader = NULL;
    SEP_TRY(check_config(config));
    SEP_TRY(check_channels(dataset, config));
    SEP_TRY(check_streams(dataset, config));
    SEP_TRY(check_registrations(dataset, config));
    SEP_TRY(sep_sampler_create(dataset, config->labelled_batch, config->unlabelled_batch, config->seed, &sampler));
    made = sep_calloc(1, sizeof *made);
    if (made == NULL)
        return SEP_ERR_MEMORY;
    made->config = *config;
    made->sampler = sampler;
    made->taken = made->wanted = first_iteration;
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->filled, NULL);
    pthread_cond_init(&made->emptied, NULL);
    status = allocate_loader(made);
    if (status == SEP_OK)
        status = start_workers(made);
    if (status != SEP_OK) {
        sep_loader_destroy(made);
        return status;
    }
    *loader = made;
    return SEP_OK;
}

/* Waits until the slot of the wanted iteration is full, and takes it. */
static sep_slot *wait_for_slot(sep_loader *loader)
{
    sep_slot *slot;

    pthread_mutex_lock(&loader->lock);
    slot = slot_of(loader, loader->wanted);
    while (!slot->full)
        pthread_cond_wait(&loader->filled, &loader->lock);
    slot->full = false;
    loader->wanted++;
    pthread_cond_broadcast(&loader->emptied);
    pthread_mutex_unlock(&loader->lock);
    return slot;
}

sep_status sep_loader_next(sep_loader *loader, const sep_batch **batch)
{
    sep_slot *slot;

    if (loader->config.threads > 0) {
        slot = wait_for_slot(loader);
    } else {
        slot = slot_of(loader, loader->wanted);
        fill_slot(loader, loader->wanted++, &loader->worker[0].scratch, slot);
    }
    *batch = slot->status == SEP_OK ? &slot->batch : NULL;
    return slot->status == SEP_OK ? SEP_OK : sep_fail(slot->status, "%s", slot->error);
}

int sep_loader_epoch_iterations(const sep_loader *loader)
{
    return sep_sampler_epoch_iterations(&loader->sampler);
}
