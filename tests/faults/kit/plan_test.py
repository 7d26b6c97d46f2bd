"""Every fault point of the sources is swept, and every one that is swept is in the sources."""

import itertools
import unittest

import plan


class Plan(unittest.TestCase):
    def test_all_points_are_planned(self):
        self.assertEqual(plan.points(), sorted(plan.PLAN))

    def test_each_adapter_has_its_own(self):
        for adapter in plan.ADAPTERS:
            points = plan.points(adapter)
            self.assertIn("call.half-written", points)
            self.assertIn("commit.begun", points)
            self.assertEqual("call.accepted" in points, adapter == "project-origin")
        self.assertEqual(
            sorted(set().union(*map(plan.points, plan.ADAPTERS))), plan.points()
        )

    def test_each_is_wanted_where_it_is(self):
        for adapter, processor in itertools.product(plan.ADAPTERS, plan.BOTH):
            here = [p for p in plan.points(adapter) if processor in plan.PLAN[p][0]]
            for action in ("kill", "stop"):
                self.assertEqual(plan.wanted("whole", action, processor, adapter), here)

    def test_quick_kills_each_once_and_stops_a_third(self):
        def quick(action, adapter):
            return sorted(
                point
                for processor in plan.BOTH
                for point in plan.wanted("quick", action, processor, adapter)
            )

        self.assertEqual(quick("kill", "plain"), plan.points("plain"))
        self.assertEqual(quick("stop", "plain"), plan.points("plain")[::3])

    def test_quick_has_only_its_own_points_of_another_adapter(self):
        adapter = "project-origin"
        own = [point for point in plan.points(adapter) if plan.places()[point]]
        self.assertEqual(plan.wanted("quick", "kill", plan.CONNECTOR, adapter), own)
        self.assertEqual(plan.wanted("quick", "kill", plan.CERTIFICATES, adapter), [])
        stopped = plan.wanted("quick", "stop", plan.CONNECTOR, adapter)
        self.assertTrue(stopped)
        self.assertLess(set(stopped), set(own))


if __name__ == "__main__":
    unittest.main()
