from __future__ import annotations

from typing import TYPE_CHECKING

import edits

if TYPE_CHECKING:
    from pathlib import Path

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  hostPID: true
  containers:
    - name: app
      image: registry.example.com/shop/web:1.4
      securityContext: {capabilities: {add: [SYS_ADMIN]}}
"""


def test_every_weakness_is_tried_and_what_was_changed_is_gone(tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text(POD, encoding="utf-8")
    tried = edits.attempt((str(tmp_path),))
    assert 8 < tried.made < tried.seen
    assert tried.left == ()
    assert tried.complaints == ()
    assert {word.partition(":")[0] for word in tried.refusals} == {"caps-not-dropped-all", "psa-not-enforced"}


def test_a_case_is_named_files_or_one_text() -> None:
    assert edits.files_of({"files": {"a.yaml": "x"}}) == [("a.yaml", "x")]
    assert edits.files_of({"input": "FROM a", "platform": "dockerfile"}) == [("Dockerfile", "FROM a")]
    assert edits.files_of({"input": "x", "platform": "terraform"}) == []
