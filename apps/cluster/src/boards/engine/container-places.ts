/** Where a container finds its files; also its working directory. */
export const APP_FOLDER = '/opt/aicluster/app'
/** Where a container finds what it proves itself with. */
export const SECRET_FOLDER = '/run/aicluster'
/** Names in {@link SECRET_FOLDER}. */
export const TOKEN_NAME = 'token'
export const CURVE_NAME = 'curve.json'

/** Places inside a container that no option may cover. */
export const OUR_FOLDERS: readonly string[] = [APP_FOLDER, SECRET_FOLDER]
