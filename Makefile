# GNU make. Objects, libraries, commands and tests go to $(BUILD); nothing has to be added here for a new source file:
# src/, simd/, bench/, examples/ and tests/ are searched. ./configure writes $(BUILD)/config.mk first.
#
#   make            the library, the command, the benchmark, the examples
#   make check      all tests; ends with the line "N passed, N failed, N skipped"
#   make check-opencl  the tests of single operations alone, for trying an OpenCL driver
#   make check-bits the same bits on every table of kernels, NEON under qemu included; ends with such a line too
#   make fuzz       every target of tests/fuzz under libFuzzer, FUZZ_SECONDS (3600) for all; FUZZ_TARGETS="png hdf5" picks
#   make demo       the main job on generated data, into demo/
#   make install    PREFIX from ./configure, DESTDIR honoured; make uninstall takes it away again
#   make man        the manual pages, made by the command from its option tables
#   make format     clang-format over all sources; make format-check only looks (CLANG_FORMAT=clang-format-14)
#   make clean      removes what was built, keeps the configuration
#
# make V=1 prints the commands as they run.

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

BUILD ?= build
quiet := $(if $(V),,@)
say = $(if $(V),@true,@printf '  %-6s %s\n')
unconfigured_goals := format format-check fuzz
ifneq ($(filter-out $(unconfigured_goals),$(or $(MAKECMDGOALS),all)),)
ifeq ($(wildcard $(BUILD)/config.mk),)
$(error $(BUILD)/config.mk is missing: run ./configure first (./configure --help lists the options))
endif
include $(BUILD)/config.mk
endif

# ---- what there is ---------------------------------------------------------------------------------------------------

sources_in = $(sort $(shell find $(1) -name '*.c' 2>/dev/null))

# With OpenCL its backend and the sources of its kernels, as text; without, what says that it is not there.
opencl_absent := $(if $(filter yes,$(OPENCL)),src/device/without_opencl.c,src/device/opencl/%)
library_sources := $(filter-out src/cli/% $(opencl_absent),$(call sources_in,src))
opencl_kernels := $(sort $(wildcard cl/*.cl)) cl/tuning.txt simd/elementary.h simd/cubic.h
plain_simd_sources := $(filter-out simd/vector/%,$(call sources_in,simd))
vector_sources := $(wildcard simd/vector/*.c)
cli_sources := $(wildcard src/cli/*.c)
bench_sources := $(wildcard bench/*.c)
bench_vector_sources := $(wildcard bench/vector/*.c)
bench_models := $(wildcard bench/models/*.txt)
example_sources := $(wildcard examples/*.c)
support_sources := $(wildcard tests/support*.c)
test_sources := $(sort $(wildcard tests/unit/test_*.c tests/gradients/test_*.c tests/golden/test_*.c tests/end_to_end/test_*.c))
test_scripts := $(sort $(wildcard tests/end_to_end/*.sh))
fuzz_sources := $(sort $(wildcard tests/fuzz/fuzz_*.c))
public_headers := $(wildcard include/*.h include/septum/*.h)
formatted := $(sort $(shell find include src simd bench examples tests -name '*.[ch]' 2>/dev/null))

object = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
vector_object = $(foreach isa,$(ISAS),$(patsubst %.c,$(BUILD)/obj/%.$(isa).o,$(1)))
vector_objects := $(call vector_object,$(vector_sources))
library_objects := $(call object,$(library_sources) $(plain_simd_sources)) $(vector_objects)
cli_objects := $(call object,$(cli_sources))
# The two programs read their command lines with the same code.
command_line_objects := $(call object,$(addprefix src/cli/,compute.c options.c help.c man.c outputs.c program.c waiting.c))
bench_objects := $(call object,$(bench_sources)) $(call vector_object,$(bench_vector_sources))
support_objects := $(call object,$(support_sources))
fuzz_driver := $(call object,$(wildcard tests/fuzz/driver.c))

static_library := $(BUILD)/libseptum.a
soname := libseptum.so.0
shared_library := $(BUILD)/libseptum.so.$(VERSION)
command := $(if $(cli_sources),$(BUILD)/septum)
bench := $(if $(bench_sources),$(BUILD)/septum-bench)
examples := $(patsubst examples/%.c,$(BUILD)/examples/%,$(example_sources))
tests := $(patsubst %.c,$(BUILD)/%,$(test_sources))
test_library := $(BUILD)/tests/libseptum-tests.so
# Memory that fails, for tests/end_to_end/failing_memory.sh; an OpenCL driver with faults, for device_faults.sh there.
failing_malloc := $(BUILD)/tests/failing_malloc.so
opencl_faults := $(if $(filter yes,$(OPENCL)),$(BUILD)/tests/opencl_faults.so)
fuzzers := $(if $(fuzz_driver),$(patsubst %.c,$(BUILD)/%,$(fuzz_sources)))
libfuzzers := $(patsubst tests/%.c,$(BUILD)/%,$(fuzz_sources))

all: $(static_library) $(shared_library) $(command) $(bench) $(examples)

# ---- objects ---------------------------------------------------------------------------------------------------------

include_flags := -Iinclude -Isrc -I. -I$(BUILD)
compile = $(CC) $(include_flags) $(CPPFLAGS) $(LIBRARY_CFLAGS) $(CFLAGS) -MMD -MP

$(BUILD)/obj/%.o: %.c $(BUILD)/config.mk
	@mkdir -p $(@D)
	$(say) CC $<
	$(quiet)$(compile) -c $< -o $@

# One object per instruction set from one source; the flags of that set are for this file alone.
define vector_rule
$(BUILD)/obj/%.$(1).o: %.c $(BUILD)/config.mk
	@mkdir -p $$(@D)
	$$(say) CC "$$< ($(1))"
	$$(quiet)$$(compile) $$(VECTOR_CFLAGS) $$(ISA_FLAGS_$(1)) -c $$< -o $$@
endef
$(foreach isa,$(ISAS),$(eval $(call vector_rule,$(isa))))

$(call object,$(test_sources) $(support_sources) $(fuzz_sources)): include_flags += -Itests
$(call object,$(test_sources) $(support_sources)): LIBRARY_CFLAGS += $(CMOCKA_CFLAGS)
$(call object,tests/unit/test_vector_elementary.c): CFLAGS += $(ISA_FLAGS_$(firstword $(filter avx2 neon,$(ISAS))))
$(bench_objects): LIBRARY_CFLAGS += $(DNNL_CFLAGS)
# On damaged files stb_image (before 2.28) lets signed integers overflow, which C leaves open: here they wrap.
$(call object,src/image/picture_decode.c): CFLAGS += -fwrapv
# Plain loops are what kernels are judged by: the compiler's vectoriser stays out (gcc 12 for Arm breaks down in it too).
$(call object,$(test_sources) $(support_sources)): CFLAGS += -fno-tree-vectorize

-include $(patsubst %.o,%.d,$(library_objects) $(cli_objects) $(bench_objects) $(support_objects) $(fuzz_driver) \
    $(call object,$(example_sources) $(test_sources) $(fuzz_sources)))

# The OpenCL sources as C strings, a line each, so that an installed septum needs no folder of kernels.
$(BUILD)/opencl_sources.def: $(opencl_kernels)
	@for file in $^; do \
	    name=$${file##*/}; \
	    printf 'SEP_CL_SOURCE(%s,\n' "$${name%.*}"; \
	    sed -e '/^#include/d' -e 's/\\/&&/g' -e 's/"/\\"/g' -e 's/^/    "/' -e 's/$$/\\n"/' "$$file"; \
	    echo ')'; \
	done >$@

$(call object,src/device/opencl/program.c): $(BUILD)/opencl_sources.def

# ---- libraries -------------------------------------------------------------------------------------------------------

# Lists that change when a file comes or goes, so that what is made of them is made again.
.PHONY: always
keep_if_same = if cmp -s $@.$$$$ $@; then rm $@.$$$$; else mv $@.$$$$ $@; fi

$(BUILD)/library.list: always
	@printf '%s\n' $(library_objects) >$@.$$$$; $(keep_if_same)

$(static_library): $(library_objects) $(BUILD)/library.list
	@rm -f $@
	$(say) AR $@
	$(quiet)$(AR) rcs $@ $(library_objects)

# The shared library shows what the public headers name and hides the rest.
$(BUILD)/libseptum.map: $(static_library) $(public_headers)
	@$(NM) -g --defined-only $< | awk 'NF == 3 { print $$3 }' | sort -u >$@.defined
	@cat $(public_headers) | grep -oE '\<sep_[a-z0-9_]+' | sort -u | comm -12 - $@.defined | \
	    awk 'BEGIN { print "SEPTUM_0 {" } { s = s "        " $$0 ";\n" } \
	         END { if (s) printf "    global:\n%s", s; print "    local: *;\n};" }' >$@
	@rm -f $@.defined

$(shared_library): $(static_library) $(BUILD)/libseptum.map
	$(say) LINK $@
	$(quiet)$(CC) -shared $(SHARED_LDFLAGS) -Wl,-soname,$(soname) -Wl,--version-script=$(BUILD)/libseptum.map \
	    $(library_objects) -o $@ $(LDFLAGS) $(LIBS)
	@ln -sf $(@F) $(BUILD)/$(soname)
	@ln -sf $(@F) $(BUILD)/libseptum.so

# ---- the command, the benchmark, the examples --------------------------------------------------------------------

link = $(quiet)$(CC) $(filter %.o,$^) $(filter %.a,$^) -o $@ $(LDFLAGS)

# The table of sub-commands: every file of src/cli that defines a sep_command.
$(BUILD)/commands.def: always
	@sed -n 's/^const sep_command sep_command_\([a-z0-9_]*\) =.*/SEP_COMMAND(\1)/p' $(cli_sources) | sort >$@.$$$$; \
	    $(keep_if_same)

$(cli_objects): | $(BUILD)/commands.def

$(BUILD)/septum: $(cli_objects) $(static_library)
	$(say) LINK $@
	$(link) $(LIBS)

# Called septum-bench where it is installed, since `bench` alone would claim too much there.
$(BUILD)/septum-bench: $(bench_objects) $(command_line_objects) $(static_library)
	$(say) LINK $@
	$(link) $(DNNL_LIBS) $(LIBS)
	@ln -sf $(@F) $(BUILD)/bench

$(BUILD)/examples/%: $(BUILD)/obj/examples/%.o $(static_library)
	@mkdir -p $(@D)
	$(say) LINK $@
	$(link) $(LIBS)

# ---- tests -----------------------------------------------------------------------------------------------------------

# The whole library with nothing hidden, shared by all tests: a copy in each would fill gigabytes.
$(test_library): $(static_library)
	@mkdir -p $(@D)
	$(say) LINK $@
	$(quiet)$(CC) -shared -Wl,-soname,$(@F) -Wl,-Bsymbolic-functions $(library_objects) -o $@ $(LDFLAGS) $(LIBS)

link_test = $(quiet)$(CC) $(filter %.o,$^) $(test_library) -Wl,-rpath,'$$ORIGIN/..' -o $@ $(LDFLAGS)

$(tests): $(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(support_objects) $(test_library)
	@mkdir -p $(@D)
	$(say) LINK $@
	$(link_test) $(CMOCKA_LIBS) $(LIBS)

# What scripts of tests/reference use; built when asked for.
$(BUILD)/tests/reference/%: $(BUILD)/obj/tests/reference/%.o $(test_library)
	@mkdir -p $(@D)
	$(say) LINK $@
	$(link_test) $(LIBS)

$(fuzzers): $(BUILD)/tests/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(fuzz_driver) $(test_library)
	@mkdir -p $(@D)
	$(say) LINK $@
	$(link_test) $(LIBS)

# The same targets with libFuzzer's driver, in a build of ./configure --enable-fuzzing.
$(libfuzzers): $(BUILD)/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(static_library)
	@mkdir -p $(@D)
	$(say) LINK $@
	$(link) -fsanitize=fuzzer $(LIBS)

$(failing_malloc): $(BUILD)/obj/tests/failing_malloc.o
	@mkdir -p $(@D)
	$(say) LINK $@
	$(link) -shared

$(BUILD)/tests/opencl_faults.so: $(BUILD)/obj/tests/opencl_faults.o
	@mkdir -p $(@D)
	$(say) LINK $@
	$(link) -shared -ldl

.PHONY: all check check-opencl check-bits fuzz libfuzzers tests demo man install uninstall clean format format-check
.SECONDARY:

ifneq ($(filter check tests,$(MAKECMDGOALS)),)
ifeq ($(CMOCKA_LIBS),)
$(error the tests need cmocka, which configure did not find: ./configure --with-deps)
endif
endif

tests: $(tests) $(fuzzers) $(failing_malloc) $(opencl_faults)

# Scripts first: the longest are among them, and would keep one processor at the end while the others wait.
check: all tests
	@EMULATOR='$(EMULATOR)' tests/run $(BUILD) $(test_scripts) $(tests) $(fuzzers)

# Of an OpenCL driver, the operations alone; SEPTUM_TEST_OPENCL=NAME takes the devices with NAME in their names (all
# where it is empty) and leaves the processor's tables out.
check-opencl: $(filter $(BUILD)/tests/unit/test_device_%,$(tests))
	@tests/run $(BUILD) $^

check-bits: $(command)
	@MAKE='$(MAKE)' tests/check_bits $(BUILD)

# A build of its own with clang; plain kernels and one thread, so that it is built soon and a finding repeats.
FUZZ_BUILD ?= build-fuzz
FUZZ_SECONDS ?= 3600
FUZZ_TARGETS ?= $(patsubst tests/fuzz/fuzz_%.c,%,$(fuzz_sources))
fuzz_options := --enable-fuzzing --without-openmp --without-avx2 --without-avx512 --without-neon

fuzz:
	@[ -f $(FUZZ_BUILD)/config.mk ] || ./configure $(fuzz_options) --build-dir=$(FUZZ_BUILD)
	@$(MAKE) --no-print-directory BUILD=$(FUZZ_BUILD) libfuzzers
	@tests/fuzz/run $(FUZZ_BUILD) $(FUZZ_SECONDS) $(FUZZ_TARGETS)

libfuzzers: $(libfuzzers)

demo: $(command)
	SEPTUM=$(BUILD)/septum examples/demo.sh demo

# ---- installation ----------------------------------------------------------------------------------------------------

bindir = $(DESTDIR)$(prefix)/bin
libdir = $(DESTDIR)$(prefix)/lib
includedir = $(DESTDIR)$(prefix)/include
mandir = $(DESTDIR)$(prefix)/share/man/man1
datadir = $(DESTDIR)$(prefix)/share/septum

man: $(BUILD)/man/septum.1

$(BUILD)/man/septum.1: $(command) $(bench)
	@mkdir -p $(@D)
	@rm -f $(@D)/*.1
	@for name in $$(sed 's/SEP_COMMAND(\(.*\))/\1/' $(BUILD)/commands.def); do \
	    $(EMULATOR) $(command) --man $$name >$(@D)/septum-$$name.1 || exit 1; \
	done
	@$(EMULATOR) $(bench) --man >$(@D)/septum-bench.1
	@$(EMULATOR) $(command) --man >$@

$(BUILD)/septum.pc: $(BUILD)/config.mk
	@{ echo 'prefix=$(prefix)'; \
	   echo 'libdir=$${prefix}/lib'; \
	   echo 'includedir=$${prefix}/include'; \
	   echo; \
	   echo 'Name: septum'; \
	   echo 'Description: training and running medical image segmentation from few labels'; \
	   echo 'Version: $(VERSION)'; \
	   echo 'Cflags: -I$${includedir}'; \
	   echo 'Libs: -L$${libdir} -lseptum'; \
	   echo 'Libs.private: $(LIBS)'; } >$@

install: all man $(BUILD)/septum.pc
	install -d $(bindir) $(libdir)/pkgconfig $(includedir)/septum $(mandir) $(datadir)/configs/studies $(datadir)/bench
	install -m 755 $(command) $(bench) $(bindir)
	install -m 644 $(static_library) $(libdir)
	install -m 755 $(shared_library) $(libdir)
	ln -sf $(notdir $(shared_library)) $(libdir)/$(soname)
	ln -sf $(notdir $(shared_library)) $(libdir)/libseptum.so
	install -m 644 $(BUILD)/septum.pc $(libdir)/pkgconfig
	install -m 644 $(wildcard include/septum/*.h) $(includedir)/septum
	$(if $(wildcard include/*.h),install -m 644 $(wildcard include/*.h) $(includedir))
	install -m 644 $(BUILD)/man/*.1 $(wildcard man/*.1) $(mandir)
	$(if $(wildcard configs/*.ini),install -m 644 $(wildcard configs/*.ini) $(datadir)/configs)
	$(if $(wildcard configs/studies/*.ini),install -m 644 $(wildcard configs/studies/*.ini) $(datadir)/configs/studies)
	install -m 644 $(bench_models) $(datadir)/bench
	$(if $(DESTDIR),,-ldconfig 2>/dev/null)

uninstall:
	rm -f $(addprefix $(bindir)/,septum septum-bench)
	rm -f $(addprefix $(libdir)/,libseptum.a $(notdir $(shared_library)) $(soname) libseptum.so pkgconfig/septum.pc)
	rm -f $(addprefix $(includedir)/,$(patsubst include/%,%,$(public_headers)))
	rm -f $(mandir)/septum.1 $(mandir)/septum-*.1
	rm -f $(addprefix $(datadir)/,$(wildcard configs/*.ini configs/studies/*.ini)) $(addprefix $(datadir)/bench/,$(notdir $(bench_models)))
	-rmdir $(includedir)/septum $(datadir)/configs/studies $(datadir)/configs $(datadir)/bench $(datadir)

# ---- housekeeping ----------------------------------------------------------------------------------------------------

clean:
	find $(BUILD) -mindepth 1 -maxdepth 1 ! -name config.h ! -name config.mk ! -name omp.h -exec rm -rf {} +

CLANG_FORMAT ?= clang-format

format:
	@$(CLANG_FORMAT) -i --style=file $(formatted)

format-check:
	@$(CLANG_FORMAT) --style=file --dry-run -Werror $(formatted)
