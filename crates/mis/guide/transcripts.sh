#!/usr/bin/env bash
# Makes the guide's transcripts: what a new user types, and what the program answers.
#
#   cargo build --release -p mis-cli && crates/mis/guide/transcripts.sh target/release/mis ../shared/data
#
# DATA holds msd_hippocampus (nnU-Net's layout) and dsb2018_nuclei (image/, label/). A third argument names the one
# transcript to make, hippocampus or nuclei. About 10 minutes on two cores.
set -euo pipefail
mis=$(realpath "$1")
data=$(realpath "$2")
only=${3:-}
examples=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../examples")
transcripts=$(realpath "$(dirname "${BASH_SOURCE[0]}")/transcripts")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir bin
ln -s "$mis" bin/mis
PATH="$work/bin:$PATH"

# Shows a command and what it says, its own folder's name shortened.
say() {
    echo "\$ $*"
    { eval "$@" 2>&1 || echo "(exit code $?)"; } | sed "s#$work/##g; s#$data#data#g; s/[[:space:]]*\$//"
    echo
}

hippocampus() {
    ln -s "$data/msd_hippocampus" Dataset004_Hippocampus
    cp "$examples/hippocampus.toml" .
    mkdir scans truth
    for case in 001 003 004; do
        cp "Dataset004_Hippocampus/imagesTr/hippocampus_${case}_0000.nii.gz" scans/ 2>/dev/null ||
            cp "Dataset004_Hippocampus/imagesTr/hippocampus_$case.nii.gz" scans/
        cp "Dataset004_Hippocampus/labelsTr/hippocampus_$case.nii.gz" truth/
    done
    say mis plan Dataset004_Hippocampus --out planned.toml
    say cat planned.toml
    say "sed 's/^epochs = 20/epochs = 5/' hippocampus.toml >short.toml"
    say mis check short.toml
    say mis cv short.toml --out runs/hippocampus --folds 0
    say ls runs/hippocampus runs/hippocampus/fold_0
    say mis predict runs/hippocampus scans --out predictions
    say mis evaluate predictions truth --classes background,anterior,posterior --metrics dice,hd95 --out scores
}

nuclei() {
    ln -s "$data/dsb2018_nuclei" .
    cp "$examples/nuclei.toml" .
    # nnU-Net's layout by links, for `mis plan`.
    mkdir -p Dataset900_Nuclei/imagesTr Dataset900_Nuclei/labelsTr
    for image in dsb2018_nuclei/image/*.png; do
        name=$(basename "$image" .png)
        ln -s "$(realpath "$image")" "Dataset900_Nuclei/imagesTr/${name}_0000.png"
        ln -s "$(realpath "dsb2018_nuclei/label/$name.png")" "Dataset900_Nuclei/labelsTr/$name.png"
    done
    cat >Dataset900_Nuclei/dataset.json <<'JSON'
{
  "channel_names": { "0": "fluorescence" },
  "labels": { "background": 0, "nucleus": 255 },
  "numTraining": 60,
  "file_ending": ".png"
}
JSON
    mkdir scans truth
    for image in $(ls dsb2018_nuclei/image/*.png | head -n 3); do
        cp "$image" scans/
        cp "dsb2018_nuclei/label/$(basename "$image")" truth/
    done
    say mis plan Dataset900_Nuclei --out planned.toml
    say cat planned.toml
    say mis check nuclei.toml
    say mis cv nuclei.toml --out runs/nuclei
    say mis predict runs/nuclei scans --out predictions
    say ls predictions
    say mis evaluate predictions truth --classes background,nucleus=1+255 --metrics dice,hd95 --out scores
}

for transcript in hippocampus nuclei; do
    if [ -z "$only" ] || [ "$only" = "$transcript" ]; then
        ("$transcript") >"$work/transcript.txt"
        sed -e :a -e '/^\n*$/{$d;N;ba' -e '}' "$work/transcript.txt" >"$transcripts/$transcript.txt"
        rm -rf "$work/scans" "$work/truth" "$work/predictions" "$work/scores" "$work/planned.toml"
    fi
done
