"""Pages of strangers change and read nothing; pages that are let in do both; links open what is for people."""

import unittest

from emulator import Emulator
from pages import Browser, PageServer

EVIL = "evil.example"
APP = "app.example"


def has_read(result):
    """True if a page has read more than the refusal of a page that it shows in a frame."""
    return bool(result["read"]) and '"title":"Forbidden","status":403' not in result["read"]


class Strangers(unittest.TestCase):
    """Pages that nobody has let in."""

    def attack(self, host, is_rebound=False, referrer="unsafe-url"):
        """Has a page try every call in every way, and checks that nothing came of it."""
        with PageServer() as server, Emulator() as emulator:
            changes, reads = emulator.calls(emulator.prepare())
            server.job = {"do": "attack", "base": emulator.url, "changes": changes, "reads": reads}
            if is_rebound:
                server.emulator, server.job["base"] = emulator, None
            before = emulator.everything()
            answers, results = emulator.answers_of(lambda: server.report(host, referrer))
            after = emulator.everything()
        self.assertEqual(after, before)
        self.assertEqual([result for result in results if has_read(result)], [])
        self.assertEqual([answer for answer in answers if answer[2] != 403], [])
        # It has tried.
        self.assertGreater(len({result["how"] for result in results}), 20, results[:50])
        self.assertGreater(len(changes), 20)
        tried = {(method, path) for method, path, _ in answers}
        for call in changes:
            # A browser asks before it sends these to another origin.
            method = call["method"] if is_rebound or call["method"] == "POST" else "OPTIONS"
            self.assertIn((method, call["path"]), tried)
        for call in reads:
            self.assertIn(("GET", call["path"]), tried)

    def test_a_page_of_another_port(self):
        self.attack("127.0.0.1")

    def test_a_page_of_another_host(self):
        self.attack(EVIL)

    def test_a_page_that_hides_its_address(self):
        self.attack(EVIL, referrer="no-referrer")

    def test_a_page_whose_name_is_rebound(self):
        self.attack(EVIL, is_rebound=True)

    def test_the_same_attack_succeeds_where_the_user_lets_it_in(self):
        """Without this, an attack that never leaves the browser would pass for one that is refused."""
        with PageServer() as server, Emulator("--allow-origin", server.origin(EVIL)) as emulator:
            changes, reads = emulator.calls(emulator.prepare())
            server.job = {"do": "attack", "base": emulator.url, "changes": changes, "reads": reads}
            before = emulator.everything()
            answers, results = emulator.answers_of(lambda: server.report(EVIL))
            after = emulator.everything()
        for path in before:
            self.assertNotEqual(after[path], before[path], path)
        # Those that come late find that others have removed their resource.
        served = {(method, path) for method, path, status in answers if status != 403}
        read = {(result["method"], result["path"]) for result in results if has_read(result)}
        for call in changes:
            self.assertIn((call["method"], call["path"]), served)
        for call in reads:
            self.assertIn((call["method"], call["path"]), read)


class Apps(unittest.TestCase):
    """Pages of an origin that the user lets in."""

    def test_an_app_uses_the_control_plane(self):
        with PageServer() as server, Emulator("--allow-origin", server.origin(APP)) as emulator:
            changes, reads = emulator.calls(emulator.prepare())
            server.prepare = emulator.prepare
            server.job = {"do": "use", "base": emulator.url, "changes": changes, "reads": reads}
            results = server.report(APP)
        self.assertEqual(len(results), len(changes) + len(reads), results)
        for result in results:
            if result["path"].endswith("/events"):
                self.assertEqual(result["read"], "frozen")
            elif result["method"] == "GET":
                self.assertEqual(result["read"], "200 true", result)
            else:
                self.assertRegex(result["read"] or "", "^20[014] 32$", result)

    def test_an_app_calls_a_service_if_answers_are_shared_with_it(self):
        for flags in [[], ["--cors", "*"]]:
            with PageServer() as server, Emulator(*flags) as emulator:
                server.job = {"do": "serve", "base": emulator.url}
                results = server.report(APP)
                journal = emulator.control("GET", "requests")["requests"]
            created, refused = [result["read"] for result in results]
            if flags:
                # With the evidence, and with a hint.
                self.assertRegex(created, "^200 inferred; operation=CreatePipeline")
                self.assertEqual(refused, "401 true")
            else:
                self.assertEqual((created, refused), (None, None))
            # Preflights are no requests to the service.
            asked = [entry["method"] for entry in journal]
            self.assertEqual(asked, ["POST", "GET"] if flags else ["OPTIONS", "GET"])


class Links(unittest.TestCase):
    """Links and frames of other sites."""

    def follow(self, path, **job):
        """Has a page follow a link or show a frame, and returns the answers once one of `path` has come."""
        with PageServer() as server, Emulator() as emulator:
            server.job = {"do": "follow", **{kind: emulator.url + target for kind, target in job.items()}}
            with Browser(f"{server.origin(EVIL)}/~/page?unsafe-url"):
                server.reports.get(timeout=60)
                self.assertTrue(emulator.wait_for(path), emulator.answers())
                return emulator.answers()

    def test_a_link_opens_the_pages(self):
        for page, folder in [
            ("/_emulator/", "dashboard"),
            ("/_emulator/requests", "dashboard"),
            ("/_emulator/docs/", "docs"),
            ("/_emulator/docs/time", "docs"),
        ]:
            # The browser has read the page if it loads its style sheet.
            answers = self.follow(("GET", f"/_emulator/{folder}/style.css", 200), link=page)
            self.assertIn(("GET", page, 200), answers)

    def test_a_link_opens_nothing_else(self):
        self.follow(("GET", "/_emulator/v1/state", 403), link="/_emulator/v1/state")

    def test_a_frame_shows_nothing(self):
        answers = self.follow(("GET", "/_emulator/docs/", 403), frame="/_emulator/docs/")
        self.assertEqual({status for _, _, status in answers}, {403})


if __name__ == "__main__":
    unittest.main()
