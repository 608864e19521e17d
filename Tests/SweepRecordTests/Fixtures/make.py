"""Writes wandb-VERSION.wandb beside this file with the wandb client that is installed."""
import glob, os, shutil, sys, tempfile

folder = tempfile.mkdtemp()
os.environ.update(WANDB_MODE="offline", WANDB_SILENT="true", WANDB_DIR=folder, WANDB_DISABLE_CODE="true",
                  WANDB_DISABLE_GIT="true", WANDB__DISABLE_META="true", WANDB_X_DISABLE_META="true",
                  WANDB__DISABLE_STATS="true", WANDB_X_DISABLE_STATS="true", WANDB_CONSOLE="off")
import wandb

run = wandb.init(project="p", config={"lr": 0.1, "nested": {"a": 1}}, name="nice name", tags=["x", "y"])
for step in range(5):
    row = {"loss": 0.5**step, "val": {"acc": step / 10}}
    if step == 4:
        row.update(nan=float("nan"), inf=float("inf"), ninf=float("-inf"), tiny=1e-300, note="hello", flag=True,
                   hist=wandb.Histogram([1.0, 2.0, 3.0, 3.0]))
    run.log(row)
run.summary["best"] = 0.0625
run.finish()
wandb.teardown()
[found] = glob.glob(folder + "/wandb/offline-run-*/*.wandb")
shutil.copy(found, os.path.join(os.path.dirname(os.path.abspath(__file__)), f"wandb-{wandb.__version__}.wandb"))
