"""A library's books in Flask-Admin as each release draws it by itself; runs beside no other library of ours.

Run as a script with the port and the file of the database.
"""

import secrets
import sys
from typing import ClassVar

from flask import Flask
from flask_admin import Admin
from flask_admin.contrib.sqla import ModelView
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SECRET_KEY"] = secrets.token_urlsafe(40)
app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{sys.argv[2]}"
database = SQLAlchemy(app)


class Book(database.Model):
    """A book."""

    id = database.Column(database.Integer, primary_key=True)
    title = database.Column(database.String(80), nullable=False)
    author = database.Column(database.String(80), nullable=False)
    shelf = database.Column(database.Integer, nullable=False)
    genre = database.Column(database.String(20), nullable=False)
    lent = database.Column(database.Boolean, nullable=False, default=False)
    notes = database.Column(database.Text)


class Reader(database.Model):
    """Somebody who borrows."""

    id = database.Column(database.Integer, primary_key=True)
    name = database.Column(database.String(80), nullable=False)


class Books(ModelView):
    """Searched, filtered, and with a list of genres."""

    column_searchable_list = ("title", "author")
    column_filters = ("genre", "lent")
    form_choices: ClassVar = {"genre": [("novel", "Novel"), ("poems", "Poems"), ("science", "Science")]}


with app.app_context():
    database.create_all()
    database.session.add_all(
        [
            Book(title="Momo", author="Michael Ende", shelf=3, genre="novel", lent=False, notes=""),
            Book(title="Cosmos", author="Carl Sagan", shelf=7, genre="science", lent=True, notes="large"),
            Book(title="Duino Elegies", author="Rainer Maria Rilke", shelf=5, genre="poems", lent=False, notes=""),
        ]
    )
    database.session.commit()
admin = Admin(app, name="Library")
admin.add_view(Books(Book, database.session))
admin.add_view(ModelView(Reader, database.session))
app.run("127.0.0.1", int(sys.argv[1]))
