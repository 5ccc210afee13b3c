"""Pixels to templates. `engine` is the way in; `graphs` is the door to TensorFlow, `deepface_backend` to DeepFace."""
