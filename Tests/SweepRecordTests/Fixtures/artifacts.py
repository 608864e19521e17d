"""Writes the fixtures artifacts-*.wandb: WANDB_MODE=offline python artifacts.py, with that version of wandb."""
import wandb, os
run = wandb.init(project="p", config={"a":1})
os.makedirs("files/in", exist_ok=True)
open("files/in/weights","wb").write(bytes(range(256))*3000)
open("one.txt","w").write("one")
a = wandb.Artifact("model", type="model", metadata={"epochs": 3}, description="d")
a.add_dir("files")
a.add_file("one.txt", name="extra/one.txt")
with a.new_file("made.txt") as f: f.write("made")
run.log_artifact(a, aliases=["prod","latest"])
run.log({"loss":1.0,"t": wandb.Table(columns=["x"], data=[[1]])})
run.log_artifact("one.txt", name="dataset", type="dataset")
run.finish()
