import ArgumentParser

enum Placeholder {}
