"""The ways out: SMS, mail, agency drop. One Protocol each, its vendors, and what development uses instead."""
