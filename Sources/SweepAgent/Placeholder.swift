import Subprocess

enum Placeholder {}
