/* SPDX-License-Identifier: MPL-2.0 */
/*
 * protocol_print: the blocks of PROTOCOL.md as text, made from the tables.
 */
#ifndef CONFAB_TEST_PROTOCOL_PRINT_H
#define CONFAB_TEST_PROTOCOL_PRINT_H

#include "proto/message.h"

/* One block of the document, and what should stand in it. */
struct block {
    char name[32];
    char *text;
    bool found;
};

/* Makes all blocks, reading the examples from proto/vectors/; gives the array,
 * which is static, and its length. A missing example ends the program. */
struct block *blocks_make(unsigned *count);

#endif
