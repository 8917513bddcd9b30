/* SPDX-License-Identifier: MPL-2.0 */
/*
 * edit: see edit.h.
 *
 * What is stored is read before, as the broker will read it: a file with one
 * wrong line is none, and would shut everybody out.
 */
#include "edit.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "proto/near.h"
#include "users_edit.h"
#include "users_file.h"

enum { NEAR_SHOWN = 3 /* ids that may have been meant */ };

void
edit_hint_service(const struct edit *edit)
{
    static const char service[] = "/var/lib/confab";
    if (geteuid() == 0 && !*edit->config->users &&
        !config_log_file(edit->config) && !getenv("STATE_DIRECTORY") &&
        access(service, F_OK) == 0) {
        fprintf(stderr, "The service reads another one: --users %s/users\n",
                service);
    }
}

bool
edit_read(struct edit *edit)
{
    edit->text = users_file_text(edit->path, &edit->len, &edit->error);
    return edit->text &&
           users_read(&edit->users, slice_of(edit->text, edit->len), edit->path,
                      &edit->error);
}

bool
edit_begin(struct edit *edit)
{
    edit->lock = users_file_lock(edit->path, &edit->error);
    if (edit->lock < 0 || !edit_read(edit)) {
        return false;
    }
    edit->old = users_find(&edit->users, edit->id);
    edit->user = edit->old ? *edit->old : (struct user){.id = edit->id};
    return true;
}

bool
edit_store(struct edit *edit, const struct user *user)
{
    struct users again;
    size_t len;
    bool is_new = access(edit->path, F_OK) < 0 && errno == ENOENT;
    char *text =
        users_edit(slice_of(edit->text, edit->len), edit->id, user, &len);
    /* Whatever was wrong would shut everybody out. */
    bool done =
        users_read(&again, slice_of(text, len), edit->path, &edit->error) &&
        users_file_store(edit->path, slice_of(text, len), &edit->error);
    users_free(&again);
    free(text);
    if (done && is_new) {
        fprintf(stderr, "Made %s\n", edit->path);
        edit_hint_service(edit);
    }
    return done;
}

void
edit_end(struct edit *edit)
{
    users_free(&edit->users);
    free(edit->text);
    edit->text = NULL;
    if (edit->lock >= 0) {
        (void)close(edit->lock);
    }
    edit->lock = -1;
}

/* Near enough to have been meant. */
static bool
is_near(struct slice id, const struct user *user)
{
    size_t far = near_distance(id, user->id);
    return far <= 1 || far <= id.len / 3;
}

bool
edit_fail_unknown(struct edit *edit)
{
    char near[NEAR_SHOWN * (LIMIT_NAME + 4) + 32] = "";
    size_t len = 0;
    const struct user *alike = users_alike(&edit->users, edit->id);
    const struct user *user = NULL;
    for (int shown = 0; shown < NEAR_SHOWN;) {
        user = users_next(&edit->users, user);
        if (!user) {
            break;
        }
        if (user == alike || is_near(edit->id, user)) {
            len += (size_t)snprintf(near + len, sizeof near - len, "%s %.*s",
                                    shown++ ? "," : "", SLICE_ARG(user->id));
        }
    }
    return EDIT_FAIL(
        edit, "%.*s is not listed in %s: %s%s", SLICE_ARG(edit->id), edit->path,
        *near ? "is it" : "see `confabd user list`", *near ? near : "");
}

bool
edit_check_new(struct edit *edit)
{
    const struct user *alike = users_alike(&edit->users, edit->id);
    if (alike) {
        return EDIT_FAIL(edit, "%.*s looks like %.*s, who is listed already",
                         SLICE_ARG(edit->id), SLICE_ARG(alike->id));
    }
    return edit->users.count < USERS_MAX ||
           EDIT_FAIL(edit, "there are %d users already, the most there can be",
                     USERS_MAX);
}
