# SPDX-License-Identifier: MPL-2.0
#
# One plain Makefile: no configure step, no generated files in the tree.
#
# Every .c file becomes an object under $(BUILD)/obj; each part of the project
# becomes an archive, and every program is its own objects and the archives it
# may know. So the list of what may use what stands here once, as link lines;
# `make lint` checks the same for #include.
#
# The same rules build the sanitized variants: `make SAN=address,undefined`
# (into build/san-address-undefined unless BUILD says otherwise). `make help`
# lists the targets, `make V=1` shows whole commands.

VERSION := 0.1.0
comma := ,

ifdef SAN
BUILD ?= build/san-$(subst $(comma),-,$(SAN))
endif
BUILD ?= build
# One spelling for one folder: the compiler writes it into what an object
# depends on, and under another spelling that would be lost.
override BUILD := $(patsubst $(CURDIR)/%,%,$(abspath $(BUILD)))
PKG_CONFIG ?= pkg-config
OBJCOPY ?= objcopy
SYSTEM := $(shell uname -s)
PYTHON ?= /usr/bin/python3

# --- flags -------------------------------------------------------------------

# What linkers call things: those of ELF, and Apple's (where nobody has tried this
# yet). Apple's makes what is hidden local by itself when it links with -r.
ifeq ($(SYSTEM),Darwin)
SYSTEM_CPP := -D_DARWIN_C_SOURCE
CLASH :=
RELRO :=
TIDY := -Wl,-dead_strip_dylibs
PIE :=
LOCALIZE := :
WHOLE := -nostdlib -r
else
SYSTEM_CPP :=
CLASH := -fstack-clash-protection
RELRO := -Wl,-z,relro,-z,now
TIDY := -Wl,--as-needed
PIE := -pie
LOCALIZE = $(OBJCOPY) --localize-hidden
# What compilers put into groups (as i386's way to find its own address) must not
# be one of several any more when it is local.
WHOLE := -nostdlib -r -Wl,--force-group-allocation
endif

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wwrite-strings -Wformat=2 -Wundef -Wvla \
	-Wimplicit-fallthrough
ifdef SAN
HARDEN := -fsanitize=$(SAN) -fno-omit-frame-pointer \
	-fno-sanitize-recover=undefined
LDHARDEN := -fsanitize=$(SAN)
else
HARDEN := -D_FORTIFY_SOURCE=2 -fstack-protector-strong $(CLASH)
LDHARDEN := $(RELRO)
endif

CFLAGS ?= -O2 -g
CPPFLAGS ?=
LDFLAGS ?=
ALL_CPPFLAGS = -I. -D_POSIX_C_SOURCE=200809L $(SYSTEM_CPP) \
	-DCONFAB_VERSION='"$(VERSION)"' \
	-DCONFAB_SYSCONFDIR='"$(SYSCONFDIR)"' $(PKG_CFLAGS) $(CPPFLAGS)
ALL_CFLAGS = -std=c2x -fPIC -fvisibility=hidden -pthread $(WARN) $(HARDEN) \
	$(CFLAGS)
ALL_LDFLAGS = -pthread $(TIDY) $(LDHARDEN) $(LDFLAGS)
link = $(CC) $(ALL_CFLAGS) $(PIE) $(ALL_LDFLAGS)

MSGPACK := $(shell $(PKG_CONFIG) --exists msgpack 2>/dev/null && \
	echo msgpack || echo msgpack-c)
PKGS := libzmq libczmq $(MSGPACK) libutf8proc libsodium sqlite3 libxxhash \
	jansson ncursesw
# Without the feature macros that curses asks for: which functions of libc we see
# stands below, the same on every system. Of curses we want the wide ones.
PKG_CFLAGS := $(filter-out -D_DEFAULT_SOURCE -D_GNU_SOURCE -D_XOPEN_SOURCE%,\
	$(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)) \
	-DNCURSES_WIDECHAR=1
PKGS_OK := $(shell $(PKG_CONFIG) --exists $(PKGS) 2>/dev/null && echo yes)
NOT_HERE := a library is missing; `.ci/need build` installs what it takes
libs = $(shell $(PKG_CONFIG) --libs $(1) 2>/dev/null)
PROTO_LIBS := $(call libs,$(MSGPACK) libutf8proc)
BROKER_LIBS := $(call libs,libczmq libzmq libsodium sqlite3)
CLIENT_LIBS := $(call libs,libzmq libsodium)
PROGRAM_LIBS := $(call libs,jansson ncursesw libutf8proc) -lm
CMOCKA_LIBS := $(call libs,cmocka)
NATS_LIBS := $(call libs,libnats)

# --- sources -----------------------------------------------------------------

O := $(BUILD)/obj
T := $(BUILD)/tests
objs = $(patsubst %.c,$(O)/%.o,$(1))

PROTO_SRC := $(wildcard proto/*.c)
BROKER_SRC := $(filter-out broker/main.c,$(wildcard broker/*.c))
# What the program confab is made of beyond libconfab, by the prefixes of files.
PROGRAM_PARTS := args buffer chat cmd complete json marks screen term theme wrap
PROGRAM_SRC := $(wildcard $(PROGRAM_PARTS:%=client/%*.c))
CLIENT_SRC := $(filter-out client/main.c $(PROGRAM_SRC),$(wildcard client/*.c))

UNIT := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))
UNIT_HELP := $(filter-out tests/unit/test_% tests/unit/protocol_%,\
	$(wildcard tests/unit/*.c))
FUZZ := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
BENCH := $(patsubst tests/bench/%.c,%,$(wildcard tests/bench/bench_*.c))
BENCH_HELP := $(filter-out tests/bench/bench_% tests/bench/jetstream.c,\
	$(wildcard tests/bench/*.c))
SCENES := $(wildcard tests/scenes/*.c)
SIM_CLIENT := $(wildcard tests/sim/person*.c)
SIM_HUB := $(filter-out $(SIM_CLIENT),$(wildcard tests/sim/*.c))
EXAMPLES := $(patsubst examples/c/%.c,%,$(wildcard examples/c/*.c))

PROTO_A := $(O)/proto.a
BROKER_A := $(O)/broker.a
CLIENT_A := $(O)/client.a
PROGRAM_A := $(O)/program.a
ALL_LIBS := $(PROGRAM_LIBS) $(BROKER_LIBS) $(CLIENT_LIBS) $(PROTO_LIBS)

# How a step is shown: one short line; all of it with V=1; not with -s.
SILENT := $(findstring s,$(firstword -$(MAKEFLAGS)))
step = $(if $(V),,@$(if $(SILENT),,printf '  %-4s %s\n' $(1) $@;))

# --- the products ------------------------------------------------------------

# The library's own version: the first number is that of its interface (it grows
# when a program that was linked before would break), the second grows with
# each node of client/libconfab.map.
LIB_VERSION := 1.0.0
LIB_MAJOR := $(firstword $(subst ., ,$(LIB_VERSION)))
LIB_MAP := client/libconfab.map
ifeq ($(SYSTEM),Darwin)
LIB_LINK := libconfab.dylib
LIB_NAME := libconfab.$(LIB_MAJOR).dylib
LIB_FILE := libconfab.$(LIB_VERSION).dylib
LIB_FLAGS = -dynamiclib -install_name $(LIBDIR)/$(LIB_NAME) \
	-current_version $(LIB_VERSION) -compatibility_version $(LIB_MAJOR)
else
LIB_LINK := libconfab.so
LIB_NAME := libconfab.so.$(LIB_MAJOR)
LIB_FILE := libconfab.so.$(LIB_VERSION)
LIB_FLAGS = -shared -Wl,-soname,$(LIB_NAME) -Wl,--version-script=$(LIB_MAP)
endif

PRODUCTS := $(BUILD)/confabd $(BUILD)/confab $(BUILD)/libconfab.a \
	$(BUILD)/$(LIB_NAME)

# What a command has half written is no product.
.DELETE_ON_ERROR:
.PHONY: all
all: $(PRODUCTS)

$(BUILD)/confabd: $(O)/broker/main.o $(BROKER_A) $(PROTO_A)
	$(call step,LINK)$(link) -o $@ \
	    $(filter %.o %.a,$^) $(BROKER_LIBS) $(PROTO_LIBS)

$(BUILD)/confab: $(O)/client/main.o $(PROGRAM_A) $(CLIENT_A) $(PROTO_A)
	$(call step,LINK)$(link) -o $@ \
	    $(filter %.o %.a,$^) $(PROGRAM_LIBS) $(CLIENT_LIBS) $(PROTO_LIBS)

# One object with everything but confab_* made local, so that a program linked
# with the archive may have a `reader_next` of its own.
$(BUILD)/libconfab.a: $(call objs,$(CLIENT_SRC) $(PROTO_SRC))
	$(call step,AR)rm -f $@ && \
	    $(CC) $(WHOLE) -o $(O)/libconfab.o $(filter %.o,$^) && \
	    $(LOCALIZE) $(O)/libconfab.o && \
	    $(AR) rcs $@ $(O)/libconfab.o

$(BUILD)/$(LIB_FILE): $(call objs,$(CLIENT_SRC) $(PROTO_SRC)) $(LIB_MAP)
	$(call step,LINK)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(LIB_FLAGS) -o $@ \
	    $(filter %.o,$^) $(CLIENT_LIBS) $(PROTO_LIBS)

# By its name for programs that run, and by the one for -lconfab.
$(BUILD)/$(LIB_NAME): $(BUILD)/$(LIB_FILE)
	@ln -sf $(LIB_FILE) $@ && ln -sf $(LIB_NAME) $(BUILD)/$(LIB_LINK)

archive = $(call step,AR)rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)
$(PROTO_A): $(call objs,$(PROTO_SRC)) ; $(archive)
$(BROKER_A): $(call objs,$(BROKER_SRC)) ; $(archive)
$(CLIENT_A): $(call objs,$(CLIENT_SRC)) ; $(archive)
$(PROGRAM_A): $(call objs,$(PROGRAM_SRC)) ; $(archive)

$(O)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call step,CC)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Other flags or another set of files: build again what they touch.
FLAGS := $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS)
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	$(if $(PKGS_OK),,$(error $(NOT_HERE)))
	@echo '$(subst ','\'',$(FLAGS))' | cmp -s - $@ || \
	    echo '$(subst ','\'',$(FLAGS))' > $@
.PHONY: FORCE flags
FORCE:
# For tools that read the code: what the compiler is told (make lint).
flags:
	@echo $(filter-out -DCONFAB_VERSION%,$(ALL_CPPFLAGS)) -std=c2x \
	    -DCONFAB_VERSION='"$(VERSION)"' $(WARN)

-include $(shell find $(O) -name '*.d' 2>/dev/null)

# --- programs of the tests ---------------------------------------------------

# A unit test may look at one side only or at both; where both sides have a
# function of one name, the side whose headers it includes comes first.
sides = $(if $(shell grep -l '^.include "client/' $(1)),\
	$(PROGRAM_A) $(CLIENT_A) $(BROKER_A),$(BROKER_A) $(PROGRAM_A) $(CLIENT_A))

.PHONY: tests unit scenes examples replays bench-build
tests: all unit scenes examples replays $(T)/protocol_tables $(T)/sim \
	$(T)/powerloss.so
unit: $(UNIT:%=$(T)/%) $(UNIT_TOOL:%=$(T)/%)
scenes: $(if $(wildcard tests/scenes/play.c),$(T)/play)
examples: $(EXAMPLES:%=$(BUILD)/examples/%)
replays: $(FUZZ:%=$(T)/%)
bench-build: $(BENCH:%=$(T)/%) $(if $(NATS_LIBS),$(T)/jetstream)

ARCHIVES := $(BROKER_A) $(PROGRAM_A) $(CLIENT_A) $(PROTO_A)
.SECONDARY:

UNIT_A := $(O)/unit.a
$(UNIT_A): $(call objs,$(UNIT_HELP)) ; $(archive)

$(T)/test_%: $(O)/tests/unit/test_%.o $(UNIT_A) $(ARCHIVES)
	@mkdir -p $(@D)
	$(call step,LINK)$(link) -o $@ $(filter %.o,$^) $(UNIT_A) \
	    $(call sides,tests/unit/test_$*.c) $(PROTO_A) $(CMOCKA_LIBS) \
	    $(ALL_LIBS)

# The tables of proto/PROTOCOL.md, made from those of the code.
$(T)/protocol_tables: $(call objs,$(wildcard tests/unit/protocol_*.c)) \
		$(O)/tests/unit/bytes.o $(PROTO_A)
	@mkdir -p $(@D)
	$(call step,LINK)$(link) -o $@ \
	    $(filter %.o %.a,$^) $(call libs,jansson) $(PROTO_LIBS)

protocol: $(T)/protocol_tables
	$(T)/protocol_tables --update proto/PROTOCOL.md

# What the manual pages have of the programs' tables, by way of --help.
manual: $(BUILD)/confab $(BUILD)/confabd
	$(PYTHON) tests/install/pages.py --update $(BUILD)

$(T)/play: $(call objs,$(SCENES)) $(ARCHIVES)
	@mkdir -p $(@D)
	$(call step,LINK)$(link) -o $@ \
	    $(filter %.o,$^) $(BROKER_A) $(PROTO_A) $(ALL_LIBS)

# Both sides in one program: the client's becomes one object in which all but
# person_* is local, since they have functions of one name.
$(O)/sim_client.o: $(call objs,$(SIM_CLIENT)) $(CLIENT_A)
	$(call step,LINK)$(CC) $(WHOLE) -o $@ $(filter %.o %.a,$^) && \
	    $(LOCALIZE) $@

$(T)/sim: $(call objs,$(SIM_HUB)) $(O)/sim_client.o $(BROKER_A) $(PROTO_A)
	@mkdir -p $(@D)
	$(call step,LINK)$(link) -o $@ \
	    $(filter %.o %.a,$^) $(BROKER_LIBS) $(PROTO_LIBS)

$(T)/bench_%: $(O)/tests/bench/bench_%.o $(call objs,$(BENCH_HELP)) $(ARCHIVES)
	@mkdir -p $(@D)
	$(call step,LINK)$(link) -o $@ \
	    $(filter %.o,$^) $(call sides,tests/bench/bench_$*.c) $(PROTO_A) \
	    $(ALL_LIBS)

# A disk that forgets, for tests/durable: preloaded into a plain confabd. It has
# the names of libc's functions, so the headers' own versions of them must go.
$(O)/tests/durable/%.o: HARDEN :=
$(T)/powerloss.so: $(call objs,$(wildcard tests/durable/*.c))
	@mkdir -p $(@D)
	$(call step,LINK)$(CC) $(ALL_CFLAGS) -shared -o $@ $(filter %.o,$^)

# What others do under the same load; only where their library is.
$(T)/jetstream: $(call objs,tests/bench/jetstream.c tests/bench/load.c)
	@mkdir -p $(@D)
	$(call step,LINK)$(link) -o $@ $(filter %.o,$^) $(NATS_LIBS)

# Linked with libFuzzer where the compiler is clang (make fuzz), else with a
# main that plays the corpus once.
ifneq ($(findstring fuzzer,$(SAN)),)
FUZZ_MAIN :=
FUZZ_LINK := -fsanitize=fuzzer
else
FUZZ_MAIN := $(call objs,tests/fuzz/replay.c)
FUZZ_LINK :=
endif
FUZZ_HELP := $(filter-out tests/fuzz/fuzz_% tests/fuzz/replay.c,\
	$(wildcard tests/fuzz/*.c)) tests/scenes/log_late.c

$(T)/fuzz_%: $(O)/tests/fuzz/fuzz_%.o $(call objs,$(FUZZ_HELP)) \
		$(FUZZ_MAIN) $(ARCHIVES)
	@mkdir -p $(@D)
	$(call step,LINK)$(link) $(FUZZ_LINK) -o $@ \
	    $(filter %.o,$^) $(call sides,tests/fuzz/fuzz_$*.c) $(PROTO_A) \
	    $(ALL_LIBS)

# Examples in C see what an installed program sees: confab.h and the library.
$(BUILD)/examples/%: examples/c/%.c $(BUILD)/$(LIB_NAME) client/confab.h
	@mkdir -p $(@D)
	$(call step,CC)$(CC) -I. -O2 -g -std=c2x $(WARN) $(HARDEN) \
	    $(CFLAGS) $(LDHARDEN) -o $@ $< -L$(BUILD) -lconfab \
	    -Wl,-rpath,'$$ORIGIN/..'

# --- what people type --------------------------------------------------------

# All cores, unless whoever calls has said how many.
again = $(MAKE) --no-print-directory -s \
	$(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc 2>/dev/null || \
	    sysctl -n hw.ncpu 2>/dev/null || echo 1))

.PHONY: run test deb deb-trial hostile lint fuzz sim bench protocol manual \
	screenshots format clean help
run:
	@.ci/need build
	@[ -x $(BUILD)/confab ] || echo 'Building, in $(BUILD)/ ...'
	@+$(again) all
	@BUILD='$(BUILD)' BIND='$(BIND)' PUB='$(PUB)' .ci/chat

test:
	@.ci/need build test
	@echo 'Building, plain and sanitized, in $(BUILD)/ ...'
	@+$(again) all tests
	@+$(again) all tests \
	    BUILD=$(BUILD)/asan SAN=address,undefined
	@+$(again) $(addprefix $(BUILD)/tsan/tests/,test_confab \
	    test_confab_state test_checker test_finder) BUILD=$(BUILD)/tsan SAN=thread
	@BUILD=$(BUILD) $(PYTHON) tests/run.py

deb:
	@BUILD='$(BUILD)' .ci/deb

deb-trial:
	@BUILD='$(BUILD)' .ci/deb-trial

# All attacks, as large as they were meant, on a broker of the plain build.
hostile:
	@.ci/need build test
	@+$(again) all
	@HOSTILE=full BUILD=$(BUILD) $(PYTHON) tests/run.py -v hostile attacks

lint:
	@.ci/need build test lint
	@+BUILD=$(BUILD) tests/lint/run

fuzz:
	@.ci/need build fuzz
	@+$(again) replays CC=clang \
	    BUILD=$(BUILD)/fuzz SAN=fuzzer-no-link,address,undefined
	@BUILD=$(BUILD)/fuzz tests/fuzz/run

SEEDS ?= 100000
sim:
	@.ci/need build
	@+$(again) $(T)/sim
	@$(T)/sim --seeds $(SEEDS)

bench:
	@.ci/need build bench
	@+$(again) all bench-build
	@set -e; for b in $(filter-out bench_durable,$(BENCH)); do \
	    echo "== $$b"; $(T)/$$b; done
	@echo '== durable'; BUILD=$(BUILD) $(PYTHON) tests/bench/durable.py
	@echo '== big log'; BUILD=$(BUILD) $(PYTHON) tests/bench/big_log.py
	@echo '== search'; BUILD=$(BUILD) $(PYTHON) tests/bench/search.py
	@echo '== connections'; BUILD=$(BUILD) $(PYTHON) tests/bench/connections.py
	@echo '== encrypted'; BUILD=$(BUILD) $(PYTHON) tests/bench/encrypted.py 2000

# The pictures that README.md shows.
screenshots:
	@.ci/need build test
	@+$(again) all
	@BUILD=$(BUILD) $(PYTHON) tests/blackbox/shots.py client/shots

include install.mk

format:
	clang-format -i $(shell git ls-files '*.c' '*.h')

clean:
	rm -rf $(BUILD)

help:
	@echo 'make           confabd, confab and libconfab, in $(BUILD)/'
	@echo 'make run       a broker on this machine, and how to chat on it'
	@echo 'make test      every test; the last line counts them'
	@echo 'make hostile   attacks on a broker, at full size: half an hour'
	@echo 'make lint      format, static analysis, budgets, directions'
	@echo 'make fuzz      the fuzzers, a minute each'
	@echo 'make sim       clients and hub simulated, SEEDS=100000 times'
	@echo 'make bench     the measurements'
	@echo 'make deb       packages for Debian, in $(BUILD)/deb'
	@echo 'make deb-trial and they are installed, upgraded, purged; takes root'
	@echo 'make install   into PREFIX ($(PREFIX)), below DESTDIR'
	@echo 'make uninstall removes what that has put there'
	@echo 'make protocol  writes the tables of PROTOCOL.md as the code has them'
	@echo 'make screenshots  the pictures of README.md, in client/shots/'
	@echo 'make manual    the same for the manual pages'
	@echo 'make format    clang-format on all of it'
	@echo 'make clean     removes $(BUILD)/'
	@echo
	@echo 'Variables: BUILD, SAN=address,undefined or SAN=thread, CC, CFLAGS,'
	@echo 'PREFIX, DESTDIR, SYSCONFDIR (/etc), V=1.'
