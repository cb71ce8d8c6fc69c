"""pgAdmin: one page in React with a tree, context menus, tabbed dialogs, searchable lists and switches."""
