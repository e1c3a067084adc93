"""The few words that the report cannot do without, explained for somebody who has never seen an attack graph."""

from __future__ import annotations

GLOSSARY = (
    ("Asset", "A thing that can be attacked: a container, a node, a secret, a permission, an image."),
    (
        "Assumption",
        "An answer to a question that no file answers, with how likely it holds. You can settle it in breachway.yaml.",
    ),
    (
        "Attack path",
        "The steps by which an attacker gets from where they start to something that matters, each with the evidence for it.",
    ),
    ("Attack step", "One thing an attacker does to one asset, such as taking a token."),
    ("Boundary", "A line that should be hard to cross: a cluster, a namespace, a workload, a container."),
    (
        "Crown jewel",
        "An asset whose loss hurts: cluster admin, a database, a payment key. Chosen from what was read, or named by you.",
    ),
    ("Default", "What the platform does when a file is silent, by its own documentation for the version in use."),
    ("Defence", "A setting or a fact that blocks a step while it holds."),
    ("Expected time", "A rough figure for a skilled attacker, for comparing paths. It is no forecast of a date."),
    ("Fix", "A change to a file that puts one or more defences in force. What it cuts was found by running the model again."),
    ("Ranked path", "One of the few paths kept for each attacker and crown jewel, the quickest first."),
    (
        "STRIDE",
        "Six kinds of harm: spoofing, tampering, repudiation, information disclosure, denial of service, elevation of privilege.",
    ),
)
