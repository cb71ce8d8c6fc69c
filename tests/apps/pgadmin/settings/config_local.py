"""pgAdmin's own settings file, found by its name; what it is started with stands in the environment."""

import os

DATA_DIR = os.environ["APP_FOLDER"]
SQLITE_PATH = f"{DATA_DIR}/pgadmin4.db"
SESSION_DB_PATH = f"{DATA_DIR}/sessions"
STORAGE_DIR = f"{DATA_DIR}/storage"
LOG_FILE = f"{DATA_DIR}/pgadmin4.log"
AZURE_CREDENTIAL_CACHE_DIR = f"{DATA_DIR}/azure"
KERBEROS_CCACHE_DIR = f"{DATA_DIR}/kerberos"
SERVER_MODE = True
DEFAULT_SERVER = "127.0.0.1"
DEFAULT_SERVER_PORT = int(os.environ["APP_PORT"])
MASTER_PASSWORD_REQUIRED = False
UPGRADE_CHECK_ENABLED = False
CONSOLE_LOG_LEVEL = 40
