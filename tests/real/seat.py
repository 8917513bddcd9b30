# SPDX-License-Identifier: MPL-2.0
"""seat: a place before a terminal (screen.Screen) on a Stage's environment."""
from screen import Screen
from stage import ROOT


class Folder:
    def __init__(self, name):
        self.name = name


class Seat(Screen):
    """A terminal with a shell in it, in the tree's folder."""

    def __init__(self, stage, columns=80, rows=24):
        self.stage = stage
        self.folder = Folder(stage.home)
        self.screens = len(stage.programs)
        super().__init__(self, columns, rows)
        stage.programs.append(self)
        self.type(f"cd {ROOT}", True)

    def env(self, **more):
        return dict(self.stage.env, **more)

    def close(self):
        self.__exit__()
