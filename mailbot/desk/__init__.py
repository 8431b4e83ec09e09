"""The coordinators' desk and the JSON API: a door. Reads by `record.views`, acts by `workflow`; `app.make_app` builds it."""
