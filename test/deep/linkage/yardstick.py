"""Runs real Splink on one benchmark set, set up as a competent user would, and prints its pairwise cluster F1.

Usage: yardstick.py FOLDER [--duplicate-free]; FOLDER holds the sources (*.csv) and truth.csv (id,entity; ids are
<source>/<row number>). Roles are read off the headers; comparisons, blocking, prior, training and threshold are the
same rule for every set. Prints one JSON value.
"""
import json, pathlib, re, sys, warnings, logging

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
import pandas as pd
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

folder, free = pathlib.Path(sys.argv[1]), "--duplicate-free" in sys.argv
ROLES = [
    ("forename", r"given_?name|first_?name|fname|forename"), ("surname", r"surname|last_?name|lname"),
    ("year", r"^by$"), ("month", r"^bm$"), ("day", r"^bd$"), ("dob", r"birth|dob"), ("number", r"street_number"),
    ("address", r"addr|street"), ("place", r"suburb|city|town|place"), ("postcode", r"post"), ("state", r"state"),
    ("identifier", r"soc_sec|ssn|nhs"), ("phone", r"phone"), ("email", r"mail"), ("sex", r"sex|gender"),
]

def role(header, taken):
    for name, pattern in ROLES:
        if re.search(pattern, header.strip().lower()):
            return name if name not in taken else f"{name}{sum(t.startswith(name) for t in taken) + 1}"
    return None

def read(path):
    raw = pd.read_csv(path, dtype=str, skipinitialspace=True)
    taken, frame = [], pd.DataFrame({"unique_id": [f"{path.stem}/{i + 1}" for i in range(len(raw))]})
    for header in raw.columns:
        name = role(header, taken)
        if name:
            taken.append(name)
            frame[name] = raw[header].str.strip().replace("", None)
    if {"year", "month", "day"} <= set(frame.columns):
        frame["dob"] = frame.year + "-" + frame.month.str.zfill(2) + "-" + frame.day.str.zfill(2)
        frame = frame.drop(columns=["year", "month", "day"])
    elif "dob" in frame:
        frame["dob"] = frame.dob.map(lambda d: f"{d[:4]}-{d[4:6]}-{d[6:8]}" if isinstance(d, str) and re.fullmatch(r"\d{8}", d) else d)
    return frame

files = sorted(p for p in folder.glob("*.csv") if p.name != "truth.csv")
frames = [read(p) for p in files]
columns = [c for c in frames[0].columns if c != "unique_id"]
has = set(columns)
comparisons = []
if {"forename", "surname"} <= has:
    for frame in frames:
        frame["forename_surname"] = frame.forename + " " + frame.surname
    comparisons.append(cl.ForenameSurnameComparison("forename", "surname", forename_surname_concat_col_name="forename_surname"))
for column in columns:
    base = re.sub(r"\d$", "", column)
    if base == "dob":
        comparisons.append(cl.DateOfBirthComparison("dob", input_is_string=True))
    elif base in ("address", "place"):
        comparisons.append(cl.JaroWinklerAtThresholds(column, [0.9, 0.7]).configure(term_frequency_adjustments=True))
    elif base in ("postcode", "identifier", "phone"):
        comparisons.append(cl.LevenshteinAtThresholds(column, [1, 2]).configure(term_frequency_adjustments=True))
    elif base == "email":
        comparisons.append(cl.EmailComparison(column))
    elif base in ("number", "state", "sex"):
        comparisons.append(cl.ExactMatch(column).configure(term_frequency_adjustments=True))

def on(*parts):
    needed = [re.findall(r"forename|surname|dob|postcode|identifier|email|phone", p) for p in parts]
    return block_on(*parts) if all(n in has for ns in needed for n in ns) else None

rules = [r for r in [on("dob"), on("forename", "surname"), on("surname", "postcode"), on("forename", "postcode"),
    on("forename", "substr(dob,1,4)"), on("surname", "substr(dob,1,4)"), on("identifier"), on("email"), on("phone")] if r]
certain = [r for r in [on("forename", "dob"), on("surname", "dob"), on("forename", "surname", "postcode"),
    on("dob", "postcode"), on("identifier"), on("email")] if r]
settings = SettingsCreator(
    link_type="link_only" if free and len(frames) > 1 else "dedupe_only" if len(frames) == 1 else "link_and_dedupe",
    comparisons=comparisons, blocking_rules_to_generate_predictions=rules, retain_intermediate_calculation_columns=False)
db = DuckDBAPI()
registered = [db.register(f, dataset_display_name=p.stem) for f, p in zip(frames, files)]
linker = Linker(registered if len(registered) > 1 else registered[0], settings)
linker.training.estimate_probability_two_random_records_match(certain, recall=0.7)
linker.training.estimate_u_using_random_sampling(max_pairs=1e7, seed=1)
for session in [on("dob"), on("forename", "surname")]:
    if session:
        linker.training.estimate_parameters_using_expectation_maximisation(session)
predictions = linker.inference.predict(threshold_match_probability=0.001)
truth = dict(pd.read_csv(folder / "truth.csv", dtype=str).itertuples(index=False))

def scores(frame):
    frame = frame[frame.unique_id.isin(truth)]
    entity = frame.unique_id.map(truth)
    pairs = lambda counts: int((counts * (counts - 1) // 2).sum())
    right = pairs(frame.groupby([frame.cluster_id, entity]).size())
    linked, real = pairs(frame.groupby("cluster_id").size()), pairs(entity.groupby(entity).size())
    precision, recall = right / max(1, linked), right / max(1, real)
    return {"precision": precision, "recall": recall, "f1": 2 * precision * recall / max(1e-12, precision + recall)}

found = {"components": scores(linker.clustering.cluster_pairwise_predictions_at_threshold(predictions, 0.95).as_pandas_dataframe())}
if free and len(frames) > 1:
    clusters = linker.clustering.cluster_using_single_best_links(predictions, duplicate_free_datasets=[p.stem for p in files], threshold_match_probability=0.95)
    found["single best links"] = scores(clusters.as_pandas_dataframe())
best = max(found.values(), key=lambda s: s["f1"])
print(json.dumps({"set": folder.name, "best": best, "all": found}))
