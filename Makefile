# `make play` and `make test` set up .venv by themselves (venv.sh); both take ARGS="...".
# PYTHON=... makes it with that Python.
BIN := .venv/bin
SETUP := @PYTHON="$(PYTHON)" sh venv.sh

.PHONY: for-play for-tests play test test-page test-system test-arm64 test-bare lint fuzz mutants soak soak-states bench bench-page bench-attack bench-mine fuzz-mine sweep atlas baselines reproduce clean

play: for-play
	$(BIN)/drumatlas play $(ARGS)

# Two runs: what needs the machine for itself comes second. 5 is pytest's word for no test of a kind.
test: for-tests
	$(BIN)/python -m pytest --kind together -n auto --dist loadfile $(ARGS) || test $$? = 5
	$(BIN)/python -m pytest --kind alone $(ARGS) || test $$? = 5

# The page in a real Chromium (Debian: apt install chromium): two minutes
test-page: for-tests
	$(BIN)/python -m pytest tests/page $(ARGS)

# A machine with systemd and ALSA, which it may install on, crash and restart; DRUMATLAS_MACHINE is a
# command that runs a shell line there as root: make test-system DRUMATLAS_MACHINE="ssh root@pi"
test-system: for-tests
	$(BIN)/python -m pytest tests/system -rs $(ARGS)

# The wheels, and the bytes of a render, on emulated Cortex-A53 and A72: make test-arm64 ARGS=trixie
test-arm64: for-tests
	tests/system/arm64.sh $(ARGS)

# README's commands on bare Debians, made with mmdebstrap; needs root, and half an hour or more a
# release; to play only, some minutes: make test-bare ARGS="trixie --play"
test-bare: for-play
	$(BIN)/python tests/system/bare.py $(ARGS)

lint: for-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/mypy

# The sequencer's state machine, 50 times as long as in `make test`: some minutes
soak-states: for-tests
	DRUMATLAS_STATES=10000 $(BIN)/python -m pytest tests/device/play/test_any_use.py $(ARGS)

# Eight hours of playing on a virtual clock: some minutes. make soak ARGS="--hours 1"
soak: for-tests
	PYTHONPATH=tests $(BIN)/python tests/bench/soak.py $(ARGS)

# Made-up input at every border, ten minutes each: make fuzz ARGS="--minutes 2 --only atlas"
fuzz: for-tests
	PYTHONPATH=tests $(BIN)/python -m fuzz.long $(ARGS)

# Deliberate faults (tests/mutants/*.toml), put into a copy one by one: tests must find each of them.
# make mutants ARGS="--only gate-ignored"
mutants: for-tests
	PYTHONPATH=tests $(BIN)/python -m mutants.run $(ARGS)

bench: for-tests
	$(BIN)/python tests/bench/footprint.py

# What an open page costs: clock, knobs, memory; five minutes. make bench-page ARGS="--rounds 3"
bench-page: for-tests
	$(BIN)/python tests/bench/page.py $(ARGS)

# What strangers at the page do to the clock and to memory: make bench-attack ARGS="--minutes 20"
bench-attack: for-tests
	$(BIN)/python tests/bench/page_attack.py $(ARGS)

# Mining beside the same job on mido and on pretty_midi: make bench-mine CORPUS="DIR DIR"
bench-mine: for-tests
	@test -n "$(CORPUS)" || { echo 'make bench-mine: say where MIDI files are: make bench-mine CORPUS=DIR' >&2; exit 2; }
	$(SETUP) bench
	$(BIN)/python tests/bench/mining.py $(CORPUS) $(ARGS)

# 5,000 of a folder's MIDI files, broken in all ways, through the miner: make fuzz-mine CORPUS=DIR
fuzz-mine: for-tests
	@test -n "$(CORPUS)" || { echo 'make fuzz-mine: say where MIDI files are: make fuzz-mine CORPUS=DIR' >&2; exit 2; }
	PYTHONPATH=tests $(BIN)/python tests/fuzz/mining.py $(CORPUS) $(ARGS)

# How evenly the panel answers, 100,000 steps of it: a minute or two
sweep: for-tests
	$(BIN)/python tests/bench/sweep.py

# Remakes the built-in atlas from a folder of MIDI collections and the textbook, and trains it with
# two more seeds for comparison: make atlas CORPUS=DIR
WORK := build/atlas
SEEDS := 1 2 3
SHIPPED := 2
MINE = $(BIN)/drumatlas-export mine $(CORPUS) \
    $(foreach c,groove-midi-dataset mma,$(if $(wildcard $(CORPUS)/$(c)),--windows $(c))) \
    $(if $(wildcard $(CORPUS)/freemidi-ums/index.tsv),--genres $(CORPUS)/freemidi-ums/index.tsv --genre-column style) --genres names
atlas: for-tests
	@test -n "$(CORPUS)" || { echo 'make atlas: say where the MIDI files are: make atlas CORPUS=DIR' >&2; exit 2; }
	mkdir -p $(WORK)
	$(MINE) --repeats 2 -o $(WORK)/mined.tsv --report $(WORK)/mined.json
	$(BIN)/drumatlas-export textbook -o $(WORK)/textbook.tsv
	cat $(WORK)/textbook.tsv $(WORK)/mined.tsv > $(WORK)/beats.tsv
	for seed in $(SEEDS); do \
	    $(BIN)/drumatlas-export train $(WORK)/beats.tsv --model phrases --seed $$seed -o $(WORK)/phrases$$seed.pt || exit; \
	done
	$(BIN)/drumatlas-export evaluate $(SEEDS:%=$(WORK)/phrases%.pt) --train $(WORK)/beats.tsv --json > $(WORK)/seeds.json
	$(BIN)/drumatlas-export evaluate $(WORK)/phrases$(SHIPPED).pt --train $(WORK)/beats.tsv --json > $(WORK)/phrases$(SHIPPED).json
	$(BIN)/drumatlas-export export $(WORK)/phrases$(SHIPPED).pt -o $(WORK)/builtin.atlas \
	    --scores $(WORK)/phrases$(SHIPPED).json --mined $(WORK)/mined.json --about export/builtin.json
	cp $(WORK)/builtin.atlas device/drumatlas/builtin.atlas
	$(BIN)/python -m drumatlas_export.map_picture.picture device/drumatlas/builtin.atlas export/map.svg

# The article's three networks on the beats that are played three times in a row: make baselines CORPUS=DIR
baselines: for-tests
	@test -n "$(CORPUS)" || { echo 'make baselines: say where the MIDI files are: make baselines CORPUS=DIR' >&2; exit 2; }
	mkdir -p $(WORK)
	$(MINE) -o $(WORK)/beats3.tsv
	for kind in ae vae acai; do \
	    $(BIN)/drumatlas-export train $(WORK)/beats3.tsv --model $$kind --seed 1 -o $(WORK)/$$kind.pt && \
	    $(BIN)/drumatlas-export evaluate $(WORK)/$$kind.pt --train $(WORK)/beats3.tsv --json > $(WORK)/$$kind.json || exit; \
	done

# Builds an atlas twice from the same files; both must be the same bytes: make reproduce CORPUS=DIR
reproduce: for-tests
	@test -n "$(CORPUS)" || { echo 'make reproduce: say where the MIDI files are: make reproduce CORPUS=DIR' >&2; exit 2; }
	for run in once again; do \
	    mkdir -p build/reproduce/$$run && \
	    $(BIN)/drumatlas-export build $(CORPUS) -o build/reproduce/$$run/mine.atlas $(ARGS) || exit; \
	done
	cd build/reproduce && sha256sum once/mine.atlas again/mine.atlas && cmp once/mine.atlas again/mine.atlas

for-play:
	$(SETUP) plays

for-tests:
	$(SETUP) tests

clean:
	rm -rf .venv build dist
