# carnet's front door. `make help` lists the targets; each sets up what it needs.

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
DOCDIR ?= $(PREFIX)/share/doc/carnet
# carnet.h goes here, <openssl/ssl.h> and <openssl/tls1.h> into carnet/ below: they stand before the system's only for those
# who ask, with pkg-config or -I.
INCLUDEDIR ?= $(PREFIX)/include
DESTDIR ?=
CARGO ?= cargo
CARGO_TARGET_DIR ?= target
export CARGO_TARGET_DIR

BUILT := $(abspath $(CARGO_TARGET_DIR))/release
LIBRARY := $(BUILT)/libcarnet.so
PRELOAD := $(BUILT)/libcarnet_preload.so
COMMAND := $(BUILT)/carnet
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
STAGE := $(abspath $(CARGO_TARGET_DIR))/installed
XTASK := $(CARGO) run --quiet --package carnet-xtask --
CTESTS := $(MAKE) --no-print-directory -C c-tests CARNET_LIB=$(BUILT) BUILD=$(abspath $(CARGO_TARGET_DIR))/c-tests
DEMO := $(MAKE) --no-print-directory -C demo CARNET_LIB=$(BUILT) CARNET_INCLUDE=$(CURDIR)/include OUT=$(abspath $(CARGO_TARGET_DIR))/demo

FUZZ_SECONDS ?= 60
FUZZ_TARGETS = $(basename $(notdir $(wildcard fuzz/src/bin/*.rs)))

# What scripts/ensure sees to: THING=PACKAGE.
COMPILER := cc=gcc stdio.h=libc6-dev openssl/ssl.h=libssl-dev
# rustc brings lld along where it links with nothing else; see build.rs.
ifneq ($(shell uname -m),x86_64)
COMPILER += ld.lld=lld
endif
CLIENT := openssl=openssl
TOOLS := $(CLIENT) gnutls-cli=gnutls-bin gnutls-serv=gnutls-bin curl=curl socat=socat valgrind=valgrind pkg-config=pkg-config /usr/bin/kill=procps
SERVERS := strace=strace faketime=faketime /usr/sbin/hitch=hitch /usr/bin/python3=python3 /usr/sbin/nginx=nginx-light \
	/usr/sbin/haproxy=haproxy /usr/sbin/apache2=apache2-bin /usr/bin/stunnel4=stunnel4 \
	$(firstword $(wildcard /usr/lib/postgresql/*/bin/postgres) /usr/lib/postgresql/bin/postgres)=postgresql
# Only root can run these. Debian has room for one mail system: where there is another, Postfix is left out.
ifeq ($(shell id -u),0)
SERVERS += /usr/lib/dovecot/imap-login=dovecot-imapd $(if $(wildcard /usr/sbin/sendmail),,/usr/sbin/postfix=postfix)
endif

.PHONY: all library tools generate demo test test-install test-rust test-c check format lint fresh symbols headers deny memcheck bench fuzz built install \
	uninstall clean help

# What is missing is found out before anything is built, and built once: -j is for the makefiles below.
.NOTPARALLEL:

all: library tools ## build the release libraries and the command (headers and manual pages are committed)

library: need-compiler need-rust
	$(CARGO) build --release --package carnet --package carnet-preload

tools: need-compiler need-rust ## build the command carnet
	$(CARGO) build --release --package carnet-cli

generate: need-compiler need-rust ## write include/, docs/coverage.md and docs/man anew from the source
	$(XTASK) headers
	$(XTASK) coverage
	$(XTASK) pages

demo: need-client library ## the manual page's server, and what openssl s_client sees of it
	@$(DEMO) run

test: need-servers test-install test-c test-rust ## C programs on libcarnet and on libssl; Rust tests; interoperability

test-install: need-tools library tools
	@rm -rf $(STAGE)
	@$(MAKE) --no-print-directory -s -o built install PREFIX=$(STAGE)
	@c-tests/install/run $(STAGE) $(VERSION)
	@$(MAKE) --no-print-directory -s uninstall PREFIX=$(STAGE)
	@left=$$(find $(STAGE) -type f -o -type l); [ -z "$$left" ] || { echo "left by uninstall: $$left"; exit 1; }

test-c: need-tools library
	$(CTESTS) test

test-rust: need-servers library
	CARNET_LIB=$(BUILT) $(CARGO) test --workspace --no-fail-fast

check: format lint fresh headers symbols deny ## style, lints, generated files, exported symbols, licenses

format: need-rust-tools
	$(CARGO) fmt --all --check

lint: need-compiler need-rust-tools
	$(CARGO) clippy --quiet --workspace --all-targets -- -D warnings

fresh: need-compiler need-rust
	$(XTASK) headers --check
	$(XTASK) coverage --check
	$(XTASK) pages --check
	$(XTASK) manual-pages

headers: need-compiler need-rust
	@scripts/ensure g++=g++
	$(XTASK) header-test $(CARGO_TARGET_DIR)/header-test
	@$(MAKE) --no-print-directory -C c-tests/headers INCLUDE=$(CURDIR)/include

symbols: library
	$(XTASK) symbols $(LIBRARY)

deny: need-compiler need-rust
	scripts/cargo-deny --log-level error check --hide-inclusion-graph bans licenses sources

memcheck: need-tools library ## the C programs on libcarnet under valgrind
	$(CTESTS) memcheck

bench: need-servers library ## ratios against OpenSSL and rustls, measured in one run
	$(CARGO) run --release --package carnet-bench --bin bench-ticket
	CARNET_LIB=$(BUILT) $(CARGO) run --release --package carnet-bench --bin bench-handshake
	$(CARGO) build --release --package carnet-preload
	$(CARGO) run --release --package carnet-bench --bin bench-preload -- $(BUILT)/libcarnet_preload.so

fuzz: need-compiler need-rust ## every fuzz target for FUZZ_SECONDS (60) each
	@set -e; for target in $(FUZZ_TARGETS); do \
		echo "fuzzing $$target"; CARGO_TARGET_DIR=$(abspath $(CARGO_TARGET_DIR))/fuzz fuzz/run $$target $(FUZZ_SECONDS); done

# `sudo make install` finds no Rust where it belongs to a user, who has run `make` before.
built:
	@if scripts/ensure-rust 2>/dev/null; then $(MAKE) --no-print-directory library tools; \
	else for file in $(LIBRARY) $(PRELOAD) $(COMMAND); do \
		[ -e $$file ] || { echo "run make first, as a user who has Rust: there is no $$file" >&2; exit 1; }; done; fi

# Each function of carnet.h has a name of its own in the manual, which leads to carnet.3.
FUNCTIONS = $(shell sed -n 's/^\.SS "\(carnet_[a-zA-Z_]*\)()"/\1/p' docs/man/carnet.3)

# What whoever runs servers reads; beside each other as here, for their links.
DOCUMENTS = docs/operate.md docs/threat-model.md docs/coverage.md

install: built ## into PREFIX (/usr/local), below DESTDIR
	install -d $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(INCLUDEDIR)/carnet/openssl $(DESTDIR)$(BINDIR) \
		$(DESTDIR)$(MANDIR)/man1 $(DESTDIR)$(MANDIR)/man3 $(DESTDIR)$(MANDIR)/man7 $(DESTDIR)$(DOCDIR)/docs
	install -m 755 $(COMMAND) $(DESTDIR)$(BINDIR)/carnet
	install -m 755 $(PRELOAD) $(DESTDIR)$(LIBDIR)/libcarnet_preload.so
	install -m 644 docs/man/*.1 $(DESTDIR)$(MANDIR)/man1/
	install -m 644 docs/man/*.3 $(DESTDIR)$(MANDIR)/man3/
	install -m 644 docs/man/*.7 $(DESTDIR)$(MANDIR)/man7/
	install -m 644 README.md CHANGELOG.md LICENSE $(DESTDIR)$(DOCDIR)/
	install -m 644 $(DOCUMENTS) $(DESTDIR)$(DOCDIR)/docs/
	for name in $(FUNCTIONS); do ln -sf carnet.3 $(DESTDIR)$(MANDIR)/man3/$$name.3; done
	install -m 755 $(LIBRARY) $(DESTDIR)$(LIBDIR)/libcarnet.so.$(VERSION)
	ln -sf libcarnet.so.$(VERSION) $(DESTDIR)$(LIBDIR)/libcarnet.so.0
	ln -sf libcarnet.so.0 $(DESTDIR)$(LIBDIR)/libcarnet.so
	install -m 644 include/carnet.h $(DESTDIR)$(INCLUDEDIR)/carnet.h
	install -m 644 include/openssl/ssl.h include/openssl/tls1.h $(DESTDIR)$(INCLUDEDIR)/carnet/openssl/
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' \
		-e 's|@VERSION@|$(VERSION)|' carnet.pc.in > $(DESTDIR)$(LIBDIR)/pkgconfig/carnet.pc
	@if [ -z "$(DESTDIR)" ] && [ "$$(id -u)" -eq 0 ]; then ldconfig; fi

uninstall: ## what install put there
	rm -f $(DESTDIR)$(LIBDIR)/libcarnet.so $(DESTDIR)$(LIBDIR)/libcarnet.so.0 $(DESTDIR)$(LIBDIR)/libcarnet.so.$(VERSION) \
		$(DESTDIR)$(LIBDIR)/pkgconfig/carnet.pc $(DESTDIR)$(INCLUDEDIR)/carnet.h \
		$(DESTDIR)$(LIBDIR)/libcarnet_preload.so $(DESTDIR)$(BINDIR)/carnet
	rm -f $(addprefix $(DESTDIR)$(MANDIR)/man1/,$(notdir $(wildcard docs/man/*.1))) \
		$(addprefix $(DESTDIR)$(MANDIR)/man3/,carnet.3 $(addsuffix .3,$(FUNCTIONS))) \
		$(addprefix $(DESTDIR)$(MANDIR)/man7/,$(notdir $(wildcard docs/man/*.7))) \
		$(addprefix $(DESTDIR)$(DOCDIR)/,README.md CHANGELOG.md LICENSE $(DOCUMENTS))
	rm -rf $(DESTDIR)$(INCLUDEDIR)/carnet
	@rmdir $(DESTDIR)$(DOCDIR)/docs $(DESTDIR)$(DOCDIR) 2>/dev/null || true

clean: ## remove everything that was built
	$(CARGO) clean
	@$(CTESTS) clean
	@$(DEMO) clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1|\2/p' Makefile | awk -F '|' '{ printf "  make %-10s %s\n", $$1, $$2 }'

.PHONY: need-compiler need-rust need-rust-tools need-client need-tools need-servers
need-compiler:
	@scripts/ensure $(COMPILER)
need-rust:
	@scripts/ensure-rust
need-rust-tools:
	@scripts/ensure-rust rustfmt clippy
need-client:
	@scripts/ensure $(COMPILER) $(CLIENT)
need-tools:
	@scripts/ensure $(COMPILER) $(TOOLS)
need-servers:
	@scripts/ensure $(COMPILER) $(TOOLS) $(SERVERS)
