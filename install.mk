# SPDX-License-Identifier: MPL-2.0
#
# What `make install` puts where, and `make uninstall` takes away.
#
# One table: a row is mode|source|destination. install and uninstall walk the
# same rows, so nothing can be put that is not taken away. What is made for the
# occasion (it has paths in it) comes from rules into $(MADE).
#
# The configuration is the exception: it is the operator's once it is there.
# install never touches one, uninstall takes it only as install made it.

PREFIX ?= /usr/local
DESTDIR ?=
BINDIR ?= $(PREFIX)/bin
SBINDIR ?= $(PREFIX)/sbin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DATADIR ?= $(PREFIX)/share
MANDIR ?= $(DATADIR)/man
DOCDIR ?= $(DATADIR)/doc/confab
BASHDIR ?= $(DATADIR)/bash-completion/completions
ZSHDIR ?= $(DATADIR)/zsh/site-functions
FISHDIR ?= $(DATADIR)/fish/vendor_completions.d
# Where systemd looks, also for what is below /usr/local.
UNITDIR ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
SYSCONFDIR ?= /etc

INSTALL ?= install
SCDOC := $(shell command -v scdoc 2>/dev/null)
MADE ?= $(BUILD)/install

MAN := $(wildcard broker/*.scd client/*.scd proto/*.scd)
MAN_PAGES := $(notdir $(MAN:.scd=))
man_dir = $(MANDIR)/man$(patsubst .%,%,$(suffix $(1)))
DOCS := README.md CHANGES.md LICENSE proto/PROTOCOL.md broker/SECURITY.md

PROGRAMS_HERE := 755|$(BUILD)/confab|$(BINDIR)/confab \
	755|$(BUILD)/confabd|$(SBINDIR)/confabd
LIBRARY_HERE := 755|$(BUILD)/$(LIB_FILE)|$(LIBDIR)/$(LIB_FILE) \
	644|$(BUILD)/libconfab.a|$(LIBDIR)/libconfab.a \
	644|client/confab.h|$(INCLUDEDIR)/confab.h \
	644|$(MADE)/libconfab.pc|$(LIBDIR)/pkgconfig/libconfab.pc
SHELLS_HERE := 644|$(MADE)/completion.bash|$(BASHDIR)/confab \
	644|$(MADE)/completion.zsh|$(ZSHDIR)/_confab \
	644|$(MADE)/completion.fish|$(FISHDIR)/confab.fish
SERVICE_HERE := 644|$(MADE)/confabd.service|$(UNITDIR)/confabd.service \
	644|broker/confabd.socket|$(UNITDIR)/confabd.socket \
	644|broker/confab.sysusers|$(SYSUSERSDIR)/confab.conf \
	644|broker/confab.tmpfiles|$(TMPFILESDIR)/confab.conf
SHOTS := $(wildcard client/shots/*.svg)
DOCS_HERE := $(foreach d,$(DOCS),644|$(d)|$(DOCDIR)/$(notdir $(d))) \
	$(foreach s,$(SHOTS),644|$(s)|$(DOCDIR)/$(s))
MAN_HERE := $(foreach m,$(MAN_PAGES),644|$(MADE)/$(m)|$(call man_dir,$(m))/$(m))

# systemd is Linux's.
ROWS := $(PROGRAMS_HERE) $(LIBRARY_HERE) $(SHELLS_HERE) $(DOCS_HERE) \
	$(if $(filter Linux,$(SYSTEM)),$(SERVICE_HERE))
EVERY_ROW := $(ROWS) $(MAN_HERE)
LINKS := $(LIBDIR)/$(LIB_NAME) $(LIBDIR)/$(LIB_LINK)
CONFIG := $(SYSCONFDIR)/confab/confab.conf
OUR_FOLDERS := $(DOCDIR)/client/shots $(DOCDIR)/client $(DOCDIR) $(dir $(CONFIG))

ROWS_NOW := $(if $(SCDOC),$(EVERY_ROW),$(ROWS))
cell = $(word $(1),$(subst |, ,$(2)))
sources = $(foreach r,$(1),$(call cell,2,$(r)))
places = $(foreach r,$(1),$(call cell,3,$(r)))

define newline


endef
put = $(INSTALL) -m $(call cell,1,$(1)) $(call cell,2,$(1)) \
	'$(DESTDIR)$(call cell,3,$(1))'$(newline)	

# Programs find a library in these folders by a list that root has made.
refresh = $(if $(DESTDIR)$(filter-out Linux,$(SYSTEM)),,@[ "$$(id -u)" != 0 ] || \
	! command -v ldconfig >/dev/null || ldconfig)

.PHONY: install uninstall
install: all $(filter $(MADE)/%,$(call sources,$(ROWS_NOW))) $(MADE)/confab.conf
	$(INSTALL) -d $(patsubst %,'$(DESTDIR)%',\
	    $(sort $(dir $(call places,$(ROWS_NOW)) $(CONFIG))))
	$(foreach r,$(ROWS_NOW),$(call put,$(r)))
	ln -sf $(LIB_FILE) '$(DESTDIR)$(LIBDIR)/$(LIB_NAME)'
	ln -sf $(LIB_NAME) '$(DESTDIR)$(LIBDIR)/$(LIB_LINK)'
	test -e '$(DESTDIR)$(CONFIG)' || \
	    $(INSTALL) -m 644 $(MADE)/confab.conf '$(DESTDIR)$(CONFIG)'
	$(if $(SCDOC),,@echo 'No manual pages: they need scdoc.')
	$(refresh)

# The program that wrote the configuration knows whether it is as it was made.
uninstall:
	@config='$(DESTDIR)$(CONFIG)'; \
	if [ ! -e "$$config" ]; then :; \
	elif '$(DESTDIR)$(SBINDIR)/confabd' --default-config 2>/dev/null | \
	    cmp -s - "$$config"; then rm -f "$$config"; \
	else echo "$$config was changed, it stays."; fi
	rm -f $(patsubst %,'$(DESTDIR)%',$(call places,$(EVERY_ROW)) $(LINKS))
	@rmdir $(patsubst %,'$(DESTDIR)%',$(OUR_FOLDERS)) 2>/dev/null || :
	$(refresh)

# --- made for it -------------------------------------------------------------

# For who links with the archive, libconfab.pc names what it needs itself and not
# by Requires.private: a program in C needs none of those headers, and what
# libzmq.pc of Debian 12 asks for cannot be linked (libprotokit.a is nowhere).
fill = @mkdir -p $(@D) && sed -e 's|@PREFIX@|$(PREFIX)|g' \
	-e 's|@LIBDIR@|$(LIBDIR)|g' -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|g' \
	-e 's|@SBINDIR@|$(SBINDIR)|g' -e 's|@SYSCONFDIR@|$(SYSCONFDIR)|g' \
	-e 's|@VERSION@|$(VERSION)|g' \
	-e 's|@NEEDS@|$(strip $(CLIENT_LIBS) $(PROTO_LIBS))|g' $< > $@

$(MADE)/libconfab.pc: client/libconfab.pc.in FORCE ; $(fill)
$(MADE)/confabd.service: broker/confabd.service.in FORCE ; $(fill)

$(MADE)/confab.conf: $(BUILD)/confabd
	@mkdir -p $(@D) && $< --default-config > $@

$(MADE)/completion.%: $(BUILD)/confab
	@mkdir -p $(@D) && $< completion $* > $@

vpath %.scd broker client proto
$(MADE)/%: %.scd
	@mkdir -p $(@D) && $(SCDOC) < $< > $@
