"""Pixels to templates. `engine` is the way in; `deepface_backend` is the one door to DeepFace."""
